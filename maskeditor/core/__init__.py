"""Values and rules: arrays, operations, history; no Qt, no files."""
