"""Many images by one recipe: found, worked out side by side, judged, corrected; asked for by its modules, not here."""
