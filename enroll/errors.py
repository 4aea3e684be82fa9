"""What enrolment refuses: a whole run, or one person. Codes are stable and say nothing personal."""

from .reasons import detail_of


class EnrollRefused(Exception):
    """The run does not start, or cannot go on. `str()` is one English sentence for the operator.

    Codes: `table.unreadable`, `table.too_large`, `table.encoding`, `table.empty`, `table.broken`,
    `table.columns_missing`, `table.column_twice`, `photos.no_folder`, `enroll.on_device`,
    `enroll.institution_unknown`, `enroll.no_calibration`, `enroll.other_calibration`,
    `enroll.database_lost`, `report.unwritable`.

    Attributes:
        line: of the table, as an editor counts; None where it is no single line's.
        columns: of that line, keys of `table.COLUMNS`; none where it is not one column's.
    """

    def __init__(
        self, code: str, message: str, line: int | None = None, columns: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message)
        self.code = code
        self.line = line
        self.columns = columns


class PersonRefused(Exception):
    """One person is not enrolled; the others go on. Every code has a sentence
    in Chinese and in English, and a column of the table (`reasons.column_of`).

    `extra` goes into the sentence, where it has a place for it, such as a masked name.
    """

    def __init__(self, code: str, extra: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail_of(code, extra)
        self.detail_en = detail_of(code, extra, "en")
