"""What the pointer does: navigate, window and level, brush, pick."""
