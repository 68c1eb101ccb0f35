"""What devices send each other and the host while a program runs, read from what XLA made of it."""
