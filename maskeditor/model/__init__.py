"""All that the window knows, without a window: a session, what is shown of it, strokes, checks, recipes.

It may be run, and is tested, without Qt; signals are those of psygnal.
"""
