"""NIfTI files: the fields of a header, the header that a saved mask takes over, and reading."""
