"""Programs, their differences and XLA's passes, as text and HTML."""
