"""What the pointer does: navigate, window and level, brush, pick. A tool is one file with its declaration, `TOOL`."""
