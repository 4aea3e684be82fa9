"""What passes: these methods and paths, each with its most bytes; nothing else does."""

from dataclasses import dataclass
from typing import Literal

SMALL = 64 * 1024
CAPTURE = 4 * 1024 * 1024
"""A sealed capture, as the verifier takes it."""
AT = "/v1/practice/phone"


@dataclass(frozen=True)
class Passed:
    """One request of a phone that is passed on."""

    method: Literal["GET", "POST"]
    path: str
    most: int = SMALL


PASSED = (
    Passed("POST", f"{AT}/enrolments"),
    Passed("GET", f"{AT}/state", 0),
    Passed("POST", f"{AT}/check-ins"),
    Passed("POST", f"{AT}/said-out"),
    Passed("GET", f"{AT}/swaps", 0),
    Passed("POST", f"{AT}/swaps"),
    Passed("POST", f"{AT}/swap-answers"),
    Passed("POST", f"{AT}/face-consents"),
    Passed("POST", f"{AT}/challenges"),
    Passed("POST", f"{AT}/claims", CAPTURE),
)

ASSETS = tuple(
    f"/console/static/{name}"
    for name in (
        "icon.svg",
        "console.css",
        "parts.css",
        "lists.css",
        "phone.css",
        "phone_face.css",
        "phone.mjs",
        "phone_calls.mjs",
        "phone_face.mjs",
        "phone_face_screens.mjs",
        "phone_key.mjs",
        "phone_place.mjs",
        "phone_recheck.mjs",
        "phone_screens.mjs",
        "phone_swaps.mjs",
        "phone_words.mjs",
    )
) + tuple(
    f"/web/{name}"
    for name in (
        "tokens.css",
        "base.css",
        "dom.mjs",
        "i18n.mjs",
        "console_phone.zh.json",
        "console_phone.en.json",
    )
)
"""What the phone's page loads; the staff's pages are not among it."""
