"""Why something was compiled, what it cost without need, and what to do."""
