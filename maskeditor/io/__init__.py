"""Bytes ⇄ core values: files of images and masks, recipes in files, the journal.

Only this folder knows what reads files. `open` is the way in for any kind of file, `save` the way out.
"""
