"""Error rates of a search over N people (ISO/IEC 19795-1)."""

import math


def fpir(fmr: float, people: int) -> float:
    """False positive identification rate, 1 - (1 - FMR)^N, of a search over `people`.

    `expm1` and `log1p` keep small rates exact.
    """
    return -math.expm1(people * math.log1p(-fmr)) if people else 0.0


def fmr_needed(max_fpir: float, people: int) -> float:
    """The FMR at which a search over `people` just meets `max_fpir`: the inverse of `fpir`."""
    return -math.expm1(math.log1p(-max_fpir) / people) if people else 1.0
