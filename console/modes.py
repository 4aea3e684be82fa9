"""Which pages take part in training, and how real work and practice are kept from mixing.

The mode is the session's, kept by the verifier: no address and no cookie says it. A page that is
not named here is real work only.
"""

from collections.abc import Iterable

from codes.errors import InvalidCode
from codes.id_number import parse
from verifier.training.invented import REGION, is_invented

from .forms import Form
from .pages import HOME, PASSWORD, PROOF, Page
from .refusals import refused

PRACTISED = (
    "/console/enrol",
    "/console/people",
    "/console/merges",
    "/console/duplicates",
    "/console/counter",
    "/console/batches",
)
"""Rooms that act on the invented institution while a session is in training."""

REAL_ONLY = ("/console/counter/downtime/page", "/console/counter/downtime/file")
"""Of those rooms what is no practice: the offline page is kept for a real downtime, and what is
written on it is sealed to the real verifier's key, which outlives the day."""

TRAINING = "/console/training"
SHARED = (HOME, f"{HOME}/language", f"{HOME}/sign-out", PROOF, PASSWORD, TRAINING)
"""Pages of the session itself: the same in both modes."""

EITHER = (f"{HOME}/language", f"{HOME}/sign-out", f"{TRAINING}/left")
"""Forms that mean the same in both modes, so that a page that stood open may still send them."""


def is_practised(page: Page) -> bool:
    """Whether the page acts on the invented institution in training."""
    return page.path not in REAL_ONLY and any(
        page.path == room or page.path.startswith(f"{room}/") for room in PRACTISED
    )


def is_shared(page: Page) -> bool:
    """Whether the page is about the session, and so the same in both modes."""
    return page.open or page.path in SHARED or page.path.startswith(f"{TRAINING}/")


def refuse_mixed(form: Form, *, training: bool) -> None:
    """No real person's number in training, and no invented one's in real work.

    Raises `Refused`: `training.real_number`, `training.invented_number`.
    """
    refuse_numbers((value for _, value in form.fields), training=training)


def refuse_numbers(values: Iterable[str], *, training: bool) -> None:
    """The same for any texts, such as the cells of a batch's table. Raises as `refuse_mixed`."""
    for value in values:
        number = "".join(value.split()).upper()
        if training and _is_real(number):
            raise refused("training.real_number")
        if not training and number.startswith(REGION):
            raise refused("training.invented_number")


def _is_real(number: str) -> bool:
    try:
        return not is_invented(parse(number).number)
    except InvalidCode:
        return False
