"""The cast of every test is the cast of the demonstration: see `portal.management.demo.cast`."""

from portal.management.demo import Cast, make_cast

__all__ = ["Cast", "make_cast"]
