"""The three planes: what is drawn, and what the pointer does in them."""
