"""What devices send each other, as text and HTML."""
