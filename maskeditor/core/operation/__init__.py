"""What an operation is: its declaration and the register, its parameters, what it may look at.

Operations themselves live in `maskeditor.ops`; what several of them share is here.
"""
