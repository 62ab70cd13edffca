"""DICOM folders and files: `images` finds the images in them and reads their voxels.

It is imported when there is one: a NIfTI file is read without.
"""
