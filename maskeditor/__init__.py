"""An editor for masks of MRI and CT volumes."""

__version__ = "0.1.0"
