"""What changes masks from the window: the editor, and the worker on which everything that takes long runs."""
