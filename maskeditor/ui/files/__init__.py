"""The File menu: images, masks, recipes and sessions, in and out, and the questions that are asked on the way."""
