"""A QR code as the path of an inline drawing, since the pages load no picture from anywhere."""

from dataclasses import dataclass

import qrcode  # type: ignore[import-untyped]

QUIET = 4
"""Modules of white around it (ISO/IEC 18004)."""


@dataclass(frozen=True)
class Drawing:
    """`d` of an SVG path in a square of `size` modules, one unit each."""

    size: int
    d: str


def drawing(text: str) -> Drawing:
    """The text as a code that stands 15 % damage (level M)."""
    code = qrcode.QRCode(border=QUIET, error_correction=qrcode.constants.ERROR_CORRECT_M)
    code.add_data(text)
    code.make()
    rows = code.get_matrix()
    dark = ((x, y) for y, row in enumerate(rows) for x, module in enumerate(row) if module)
    return Drawing(len(rows), "".join(f"M{x} {y}h1v1h-1z" for x, y in dark))
