"""What cannot be done with an intake, by stable codes."""

from typing import Literal

Code = Literal[
    "intake.answer_missing",
    "intake.change_missing",
    "intake.kind",
    "intake.reach",
    "intake.state",
    "intake.told",
    "intake.unknown",
    "intake.words_malformed",
]


class IntakeRefused(Exception):
    """Nothing was done. `code` says why."""

    def __init__(self, code: Code) -> None:
        super().__init__(code)
        self.code = code
