"""One port's probe: its steps in order until something answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from devices.errors import DeviceError
from devices.serial_line import SerialLine

from . import steps
from .found import Found, Step

__all__ = ["Found", "Probed", "Step", "probe"]

Ask = Callable[[SerialLine, Callable[[Step], None]], Found | None]


@dataclass(frozen=True)
class Probed:
    """What a probe of one port came to."""

    port: str
    found: Found | None
    code: str | None = None
    """Why the port could not be had, or was lost."""
    steps: tuple[Step, ...] = field(default=())

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "port": self.port,
            "found": self.found.plain() if self.found else None,
            "code": self.code,
            "steps": [step.plain() for step in self.steps],
        }


_USUAL: Mapping[str, Any] = {}
_CCID: Mapping[str, Any] = {"stop_bits": 2, "rts": False}


def probe(url: str, *, ask_family_a: bool = False, listen_s: float = 1.5) -> Probed:
    """Who answers at a pyserial URL. Raises nothing: a port that cannot be had is a result.

    Args:
        ask_family_a: also try the one question of family A, which reads a card if one lies there.
        listen_s: how long a rate is listened to; more than a receiver's interval.
    """
    taken: list[Step] = []
    order: list[tuple[Mapping[str, Any], Ask]] = [
        (_USUAL, lambda line, tell: steps.listen(line, tell, listen_s)),
        (_USUAL, steps.printer),
        (_USUAL, steps.sam),
        (_CCID, steps.ccid),
    ]
    if ask_family_a:
        order.append((_USUAL, steps.family_a))
    found = None
    try:
        for line_settings, ask in order:
            with SerialLine(url, 115_200, **line_settings) as line:
                found = ask(line, taken.append)
            if found is not None:
                break
    except DeviceError as error:
        return Probed(url, None, error.code, tuple(taken))
    return Probed(url, found, None, tuple(taken))
