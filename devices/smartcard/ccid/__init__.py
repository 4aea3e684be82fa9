"""CCID over a serial line: the GemPC Twin family."""

from .driver import CcidSerialConnection, CcidSerialSettings

__all__ = ["CcidSerialConnection", "CcidSerialSettings"]
