"""What made a NaN or an Inf, and what to write instead."""
