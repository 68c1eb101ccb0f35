"""XLA pass by pass: a program compiled once more, in a process of its own, and its dumps read."""
