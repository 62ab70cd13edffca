"""The main window: what it is made of, and how its parts are joined."""
