"""What DICOM files are called; most have names without an ending."""

from __future__ import annotations

#: How the name of a file ends that is written.
ENDING = ".dcm"
#: How the names of files end that are to hold DICOM; Siemens writes the last in capitals.
ENDINGS = (ENDING, ".ima", ".IMA")
