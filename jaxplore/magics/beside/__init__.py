"""What runs beside the user's cells."""
