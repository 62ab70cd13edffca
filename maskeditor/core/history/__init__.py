"""How a mask came about: steps, the timelines that were visited, and the document, the only writer of masks.

Everybody else reads a document, or hands it a move that `prepare` worked out.
"""
