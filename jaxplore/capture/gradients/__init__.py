"""The program that computes a value and its gradient, and where that gradient stops."""
