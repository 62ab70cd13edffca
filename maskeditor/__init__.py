"""An editor for masks of MRI and CT volumes.

The Python API does what the command line does; it is in `maskeditor.api`, and each of its names can be had from here,
as in ``maskeditor.run(maskeditor.open_image("bold.nii.gz"), "epi_mask")``.
"""

from maskeditor.version import __version__ as __version__

__all__ = (
    "Agreement",
    "Comparison",
    "Image",
    "ImageInfo",
    "Mask",
    "MaskEditorError",
    "Recipe",
    "Signals",
    "Table",
    "apply",
    "batch",
    "clusters",
    "compare",
    "compare_all",
    "info",
    "methods",
    "montage",
    "open_image",
    "operations",
    "recipe",
    "report",
    "resample",
    "run",
    "save_image",
    "save_labels",
    "save_mask",
    "script",
    "signals",
    "statistics",
    "unmask",
)


def __getattr__(name: str) -> object:
    # Only what is asked for is imported, by name: the window must stand at once, and no lower layer may know the API.
    if name in __all__:
        from importlib import import_module

        return getattr(import_module("maskeditor.api"), name)
    raise AttributeError(f"module 'maskeditor' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
