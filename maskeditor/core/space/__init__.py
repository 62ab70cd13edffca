"""Where voxels are and what they hold: the grid, images on it, masks on it.

The ground floor of core: it knows the engine alone.
"""
