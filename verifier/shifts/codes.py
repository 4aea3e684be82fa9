"""Shift codes (班次): what people write in a cell of a roster, and which hours it means."""

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from .errors import refuse

DAY: Final = 1440
"""Minutes."""


class ShiftKind(StrEnum):
    """What a shift is for a physician's right to practise."""

    WORK = "work"
    """上班: the physician is at the site."""
    ON_CALL = "on_call"
    """值班、二线、听班: an overlay, which becomes a window of practice when it is used."""
    OFF = "off"
    """休息."""


class ShiftCode(BaseModel):
    """One code.

    Attributes:
        intervals: half-open, in minutes from the day's midnight in Asia/Shanghai, in order; an end
            above 1440 lies on the next day. A file writes them `"17:30-32:00"`.
        also: other spellings of it in a cell.
        alone: no other code may stand on the same day.
        gives_way: a rest that changes hands with a shift of that day (`verifier.shifts.swaps`).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str
    meaning_zh: str = Field(min_length=1, max_length=64)
    meaning_en: str = Field(min_length=1, max_length=64)
    kind: ShiftKind
    intervals: tuple[tuple[int, int], ...] = Field(min_length=1, max_length=8)
    also: tuple[str, ...] = Field(default=(), max_length=16)
    alone: bool = False
    gives_way: bool = False

    @field_validator("intervals", mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        if not isinstance(value, list | tuple):
            return value
        return tuple(_minutes(item) if isinstance(item, str) else item for item in value)

    @field_validator("intervals")
    @classmethod
    def _in_order(cls, value: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
        for start, end in value:
            if not 0 <= start < DAY or not start < end <= start + DAY:
                raise ValueError("an interval begins on its day and lasts up to 24 hours")
        if any(end > start for (_, end), (start, _) in pairwise(value)):
            raise ValueError("intervals stand in order and do not overlap")
        return value

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if any(
            not _WORD.fullmatch(text) or text != clean(text) for text in (self.code, *self.also)
        ):
            raise ValueError("a code is 1 to 12 letters, digits or Han characters, half-width")
        if self.gives_way and self.kind is not ShiftKind.OFF:
            raise ValueError("only a rest gives way")
        return self

    @property
    def crosses_midnight(self) -> bool:
        """Whether it ends on the next day."""
        return self.intervals[-1][1] > DAY


class UnreadableCell(ValueError):
    """A cell is no code. `code` is one of `roster.cell_…`, `value` the part that is meant."""

    def __init__(self, code: str, value: str) -> None:
        super().__init__(f"{code}: {value!r}")
        self.code = code
        self.value = value


@dataclass(frozen=True)
class ShiftCodes:
    """A hospital's table of codes, in its own order."""

    codes: tuple[ShiftCode, ...]
    _spelled: dict[str, ShiftCode] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        spelled: dict[str, ShiftCode] = {}
        for one in self.codes:
            for text in (one.code, *one.also):
                if spelled.setdefault(text.casefold(), one) is not one:
                    raise refuse("roster.codes_malformed", f"{text!r} stands for two codes")
        object.__setattr__(self, "_spelled", spelled)

    def __iter__(self) -> Iterator[ShiftCode]:
        return iter(self.codes)

    def __contains__(self, code: object) -> bool:
        return isinstance(code, str) and code.casefold() in self._spelled

    def get(self, code: str) -> ShiftCode:
        """What a code means. Raises `RosterRefused` with `roster.code_unknown`."""
        if (found := self._spelled.get(code.casefold())) is None:
            raise refuse("roster.code_unknown", repr(code[:32]))
        return found

    def read_cell(self, text: str) -> tuple[str, ...]:
        """The codes of a cell: one, or several joined by `/`, `+`, `、` or a line break.

        Empty for a blank cell. Raises `UnreadableCell`.
        """
        found: list[str] = []
        for part in _JOINED.split(clean(text)):
            found.extend(self._words(part))
        if clean(text) and not found:
            raise UnreadableCell("roster.cell_unknown_code", clean(text))
        if len(set(found)) != len(found):
            raise UnreadableCell("roster.cell_code_twice", clean(text))
        return tuple(found)

    def _words(self, part: str) -> Iterator[str]:
        whole = "".join(part.split())
        for word in [whole] if whole in self else part.split():
            if word not in self:
                raise UnreadableCell("roster.cell_unknown_code", part.strip())
            yield self.get(word).code


def clean(text: str) -> str:
    """A cell's text with full-width characters made half-width (NFKC) and invisible ones gone."""
    folded = unicodedata.normalize("NFKC", text)
    shown = (c for c in folded if c.isspace() or unicodedata.category(c) not in ("Cc", "Cf"))
    return "".join(shown).strip()


def load_codes(path: Path | None = None) -> ShiftCodes:
    """A hospital's own file, or the one that ships.

    Raises `RosterRefused` with `roster.codes_malformed`; its note names the place.
    """
    try:
        if path is None:
            return parse_codes(resources.files(__package__).joinpath("default.toml").read_bytes())
        return parse_codes(path.read_bytes())
    except OSError as error:
        raise refuse("roster.codes_malformed", f"{path} cannot be read") from error


def parse_codes(data: bytes) -> ShiftCodes:
    """The table in a TOML file's bytes. Raises `RosterRefused` with `roster.codes_malformed`."""
    try:
        return ShiftCodes(_File.model_validate(tomllib.loads(data.decode("utf-8-sig"))).codes)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise refuse("roster.codes_malformed", f"{place}: {first['msg']}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise refuse("roster.codes_malformed", f"no TOML in UTF-8: {error}") from None


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    codes: tuple[ShiftCode, ...] = Field(min_length=1, max_length=256)


_WORD = re.compile(r"[^\W_]{1,12}")
_JOINED = re.compile(r"[/+、\n]")
_TIMES = re.compile(r"([0-4]\d):([0-5]\d)-([0-4]\d):([0-5]\d)", re.ASCII)


def _minutes(text: str) -> tuple[int, int]:
    match = _TIMES.fullmatch(text)
    if match is None:
        raise ValueError('an interval is written "08:00-12:00"; past 24:00 is the next day')
    hours = [int(part) for part in match.groups()]
    return hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
