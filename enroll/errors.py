"""What enrolment refuses: a whole run, or one person. Codes are stable and say nothing personal."""

from .reasons import detail_of


class EnrollRefused(Exception):
    """The run does not start, or cannot go on. `str()` is one English sentence for the operator.

    Codes: `table.unreadable`, `table.too_large`, `table.encoding`, `table.empty`, `table.broken`,
    `table.columns_missing`, `table.column_twice`, `photos.no_folder`, `enroll.on_device`,
    `enroll.institution_unknown`, `enroll.no_calibration`, `enroll.other_calibration`,
    `enroll.database_lost`, `report.unwritable`.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class PersonRefused(Exception):
    """One person is not enrolled; the others go on. Every code has a Chinese sentence.

    `extra` goes into the sentence, where it has a place for it, such as a masked name.
    """

    def __init__(self, code: str, extra: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail_of(code, extra)
