"""The number of a reader's security module (模块编号), and the numbers that simulators own.

16 bytes: bytes 0 and 2 printed as `TT.TT`, then three little-endian 32-bit numbers, the first a
date as eight digits (one public source).

A module of type `00.00` exists nowhere: that type is reserved here for simulators. So the driver
learns from the wire, and from nothing else, that it talks to a simulator; and a reader whose module
is broken and answers zeros counts as one too, which is the safe side.
"""

import struct

from devices.errors import BadFrame

_SHAPE = struct.Struct("<BxBxIII")


def text_of(raw: bytes) -> str:
    """Printed form, `05.03-20230401-0000012345-0123456789`.

    Raises `BadFrame` unless 16 bytes are given.
    """
    if len(raw) != _SHAPE.size:
        raise BadFrame(note="a module number has 16 bytes")
    first, second, date, high, low = _SHAPE.unpack(raw)
    return f"{first:02X}.{second:02X}-{date:08d}-{high:010d}-{low:010d}"


def simulated(serial: int = 0) -> bytes:
    """The module number of a simulator, 16 bytes; `serial` tells several apart."""
    return _SHAPE.pack(0, 0, 0, 0, serial)


def is_simulated(raw: bytes) -> bool:
    """Whether a module number is of the type that simulators own."""
    return raw[0] == 0 and raw[2] == 0
