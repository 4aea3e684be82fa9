"""What the counter cannot do, by stable codes."""

from typing import Literal

Code = Literal[
    "counter.card_lost",
    "counter.card_known",
    "counter.chip_differs",
    "counter.chip_none",
    "counter.chip_over",
    "counter.document_expired",
    "counter.file_broken",
    "counter.file_foreign",
    "counter.later_no_pass",
    "counter.line_entered",
    "counter.no_proxy",
    "counter.not_yours",
    "counter.number_malformed",
    "counter.other_person",
    "counter.proxy_same",
    "counter.second_self",
    "counter.state",
    "counter.taken",
    "counter.time_outside",
    "counter.too_late",
    "counter.two_differ",
    "counter.unknown",
]


class CounterRefused(Exception):
    """Nothing was done. `code` says why; the staff's pages have a sentence for each."""

    def __init__(self, code: Code, note: str = "") -> None:
        super().__init__(f"{code}: {note}" if note else code)
        self.code = code
        self.note = note
