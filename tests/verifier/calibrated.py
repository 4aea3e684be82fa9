"""A calibration of a stated floor for tests of rules: its cosines are invented, and say so."""

from models.calibration import Calibration, Data, Point, Tail


def calibration_with_floor(floor: float, pack: str = "test-pack") -> Calibration:
    """Rates 1e-2 … `floor` at cosines from 0.25 upwards; `floor` must be 3 over a whole number."""
    rates = [rate for rate in (1e-2, 1e-3, 1e-4, 1e-5) if rate >= floor]
    points = tuple(
        Point(fmr=rate, cosine=0.25 + 0.07 * step, low=rate / 2, high=min(1, rate * 2))
        for step, rate in enumerate(rates)
    )
    return Calibration(
        name="invented-for-tests-1",
        pack=pack,
        pack_digest="A" * 43,
        data=Data(
            name="invented",
            people=1000,
            pictures=1000,
            impostor_pairs=round(3 / floor),
            genuine_pairs=0,
            protocol="none: invented",
        ),
        floor=3 / round(3 / floor),
        interval="none: invented",
        points=points,
        tail=Tail(above=0.25, rate=1e-2, scale=0.03, description="invented"),
    )
