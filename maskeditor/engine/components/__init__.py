"""Connected components of masks, equal to those of scipy.ndimage.

Ask `components`, which takes masks as arrays. Behind it, `choice` takes the quickest of three ways that keep one
`protocol`: by runs of voxels, by flooding from outside, by labelling voxels.
"""
