"""What every move of a visit is made of: the next screen, and nothing of the person behind it."""

from dataclasses import replace
from typing import Any

from . import events as e
from .states import Step, Visit, start

Move = tuple[Visit, tuple[e.Effect, ...]]

NOTHING_PERSONAL: dict[str, Any] = {
    "reading": None,
    "chip": None,
    "typed": "",
    "last_four": None,
    "capture": None,
    "exchange": None,
    "checked_in": None,
    "phone": None,
    "site_code": None,
}


def enter(visit: Visit, step: Step, **changes: Any) -> Visit:
    """The next screen, with these changes; what the last one showed is gone."""
    return replace(
        visit,
        step=step,
        serial=visit.serial + 1,
        pulse=visit.pulse + 1,
        still_there=False,
        trouble=None,
        hints=(),
        progress=0.0,
        slip=None,
        **changes,
    )


def to_start(visit: Visit, _: object) -> Move:
    """Back to the first screen; whatever is held of the person is dropped."""
    return start(visit), (e.Forget(),)
