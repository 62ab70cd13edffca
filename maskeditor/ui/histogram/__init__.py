"""The histogram and the range chosen on it."""
