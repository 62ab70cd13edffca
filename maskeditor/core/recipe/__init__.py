"""A mask as a recipe: read, written, carried out, fitted onto another image, told as a script or to a paper."""
