"""PC/SC: readers that the operating system has a driver for, mostly on USB."""

from .driver import SCHEME, PcscConnection, PcscSettings

__all__ = ["SCHEME", "PcscConnection", "PcscSettings"]
