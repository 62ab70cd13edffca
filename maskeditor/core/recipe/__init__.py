"""A mask as a recipe: read, written, carried out, fitted onto another image, written as a script or for a paper."""
