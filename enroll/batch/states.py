"""What a batch may be, what may follow, and what a batch refuses."""

from enum import StrEnum
from typing import Final


class State(StrEnum):
    """Where a batch stands."""

    UPLOADING = "uploading"
    READY = "ready"
    """Everything is there and was looked at; nobody is enrolled yet."""
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    """It was left for seven days; its photos are gone."""
    UNDOING = "undoing"
    UNDONE = "undone"


FOLLOWS: Final[dict[State, frozenset[State]]] = {
    State.UPLOADING: frozenset({State.READY, State.CANCELLED, State.EXPIRED}),
    State.READY: frozenset({State.RUNNING, State.CANCELLED, State.EXPIRED}),
    State.RUNNING: frozenset({State.PAUSED, State.DONE, State.CANCELLED, State.EXPIRED}),
    State.PAUSED: frozenset({State.RUNNING, State.CANCELLED, State.EXPIRED}),
    State.DONE: frozenset({State.UNDOING}),
    State.CANCELLED: frozenset({State.UNDOING}),
    State.EXPIRED: frozenset({State.UNDOING}),
    State.UNDOING: frozenset({State.UNDONE}),
    State.UNDONE: frozenset(),
}
"""What may come next. Whoever was enrolled before a batch ended early can be taken back too."""

AT_WORK: Final = frozenset({State.RUNNING, State.UNDOING})
"""A process is to be at work."""

HOLDS_PHOTOS: Final = frozenset({State.UPLOADING, State.READY, State.RUNNING, State.PAUSED})
"""Its folder is still needed; in every other state key and folder are gone."""


class BatchRefused(Exception):
    """A batch does not do what was asked.

    Codes: `batch.unknown`, `batch.state`, `batch.too_large`, `batch.too_many_rows`,
    `batch.part`, `batch.incomplete`, `batch.full`, `batch.table_encoding`, `batch.table_empty`,
    `batch.table_broken`, `batch.table_columns`, `batch.table_unreadable`, `batch.zip`,
    `batch.zip_name`, `batch.zip_encrypted`, `batch.zip_twice`, `batch.zip_too_many`,
    `batch.zip_too_large`, `batch.row_taken`, `batch.photos_gone`.

    `line` and `columns` are of the table, as in `EnrollRefused`.
    """

    def __init__(
        self, code: str, note: str = "", line: int | None = None, columns: tuple[str, ...] = ()
    ) -> None:
        super().__init__(note or code)
        self.code = code
        self.note = note
        self.line = line
        self.columns = columns
