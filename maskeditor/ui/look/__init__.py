"""How the window looks: theme, icons, resources."""
