"""Why devices send each other what they send, and what avoids it."""
