"""What JAX's errors mean and what to do: facts of an exception -> a card."""
