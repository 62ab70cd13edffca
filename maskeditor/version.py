"""The version of the package: one place, which every floor and the build may read."""

__version__ = "0.2.0"
