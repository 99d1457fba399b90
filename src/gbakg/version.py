"""The version, in the one place that every other one is taken from."""

__version__ = "0.1.0"
