"""Bytes ⇄ core values: NIfTI, DICOM, recipes in files, the journal."""
