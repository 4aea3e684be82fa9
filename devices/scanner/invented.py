"""Codes that nobody has: an insurance code's province is 99, which is none."""

import random

from codes.regions import UNASSIGNED_REGION


def invented_code(index: int, prefix: str = "424") -> str:
    """Code number `index`, always the same: 28 characters that begin with `424`, `ano` or `opc`."""
    digits = random.Random(index).randrange(10**19)
    return f"{prefix}{digits:019}{UNASSIGNED_REGION[:2]}0000"
