"""What a mask is and how it came about: space, operations, history, recipes; no Qt, no files, and no array work.

The floors inside: space, then operation, then history, then recipe. What works on arrays lives in `maskeditor.engine`.
"""
