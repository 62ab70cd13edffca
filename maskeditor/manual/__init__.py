"""The manual: HTML pages that need no network, made of what the program declares and of the README.

It stands above the window, the command line and Python, as it describes all three, and imports what they declare. From
outside, `write_manual` alone is used.
"""

from maskeditor.manual.writing import write_manual as write_manual
