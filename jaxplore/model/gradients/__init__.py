"""What a program's records say of the derivative inside it."""
