"""Why nothing was entered, by stable codes."""

from typing import Literal

Code = Literal[
    "presence.answered",
    "presence.closed",
    "presence.code_malformed",
    "presence.code_unknown",
    "presence.done_today",
    "presence.face_once",
    "presence.face_unfit",
    "presence.half_day",
    "presence.identifiers",
    "presence.name_malformed",
    "presence.night",
    "presence.no_consent",
    "presence.no_face",
    "presence.not_in",
    "presence.undo_over",
    "presence.unknown",
    "presence.ward",
    "presence.wristband_differs",
]


class PresenceRefused(Exception):
    """Nothing was entered. `code` says why."""

    def __init__(self, code: Code) -> None:
        super().__init__(code)
        self.code = code
