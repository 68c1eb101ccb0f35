"""The functions that people call: each asks capture, and gives a record that draws itself."""
