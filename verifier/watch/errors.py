"""What cannot be done with a rule or a case, by stable codes."""

from typing import Literal

Code = Literal[
    "watch.not_heard",
    "watch.not_tried",
    "watch.own_proposal",
    "watch.state",
    "watch.text_malformed",
    "watch.unknown",
]


class WatchRefused(Exception):
    """Nothing was done. `code` says why."""

    def __init__(self, code: Code) -> None:
        super().__init__(code)
        self.code = code
