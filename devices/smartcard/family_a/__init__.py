"""Readers that frame with STX, a length, an LRC and ETX."""

from .driver import FamilyAConnection, FamilyASettings

__all__ = ["FamilyAConnection", "FamilyASettings"]
