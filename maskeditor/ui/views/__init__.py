"""Planes, montage and surface in their cells, and figures of them: what is drawn, and what the pointer does there."""
