"""A card as a value with a state: commands in, answers with status words out. Implements `Icc`."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from devices.errors import BadFrame
from devices.smartcard import atr
from devices.smartcard.apdu import MAX_LE, CommandApdu, ResponseApdu, StatusWord

from . import commands, layout, simulated
from .layout import SocialSecurityCard, Tag

BANK = bytes.fromhex("A000000333010101")
"""The bank's application, which sits on the same chip; a card that has no other is a bank's."""
_MASTER_FILE = bytes.fromhex("3F00")
_BY_TAG, _BY_NUMBER = 0, 4
_LATER = (Tag.NAME_REST, Tag.CARD_CLASS, Tag.ISSUER)
"""Records that old cards may lack."""

Files = Mapping[int, tuple[bytes, ...]]
"""Records, each `tag | length | value`, by file identifier."""


@dataclass(frozen=True)
class Quirks:
    """How cards differ, all of it within ISO 7816-4 under T=0."""

    announces: bool = True
    """SELECT answers `61xx` and keeps its data for GET RESPONSE."""
    corrects: bool = True
    """A wrong Le is answered with `6Cxx`; else with as much as there is, and `6282` if less."""
    accepts_le_zero: bool = True
    """Le 00 means whatever there is; else it is a wrong Le."""


class Kind(StrEnum):
    """Cards that a person may hold, for the command line."""

    USUAL = "usual"
    OLD = "old"
    """Version 1, without 姓名扩展 and without what came later."""
    EXPIRED = "expired"
    LONG_NAME = "long_name"
    """A name whose thirtieth byte lies inside a character."""
    BANK = "bank"
    """A bank card: another card than the one asked for."""


class VirtualCard:
    """Applications with their files, and what is selected."""

    def __init__(
        self,
        applications: Mapping[bytes, Files],
        *,
        history: bytes = simulated.HISTORY,
        quirks: Quirks | None = None,
        algorithm: int = 0x03,
    ) -> None:
        self.atr = atr.with_history(history)
        self._applications = applications
        self._quirks = quirks or Quirks()
        self._algorithm = algorithm
        self._dice = random.Random(0)
        self.reset()

    @classmethod
    def of(
        cls,
        card: SocialSecurityCard,
        quirks: Quirks | None = None,
        records: Mapping[Tag, bytes | None] | None = None,
    ) -> "VirtualCard":
        """The card as issued, a bank's application beside it.

        `records` replaces whole records (`tag | length | value`), or takes them away (None).
        Raises `ValueError` if an item is too long.
        """
        values = {tag: bytes((tag, len(v))) + v for tag, v in layout.encode(card).items()}
        written = {**values, **(records or {})}
        files: dict[int, tuple[bytes, ...]] = {}
        for tag, record in written.items():
            if record is not None:
                file = commands.file_of(tag)
                files[file] = (*files.get(file, ()), record)
        return cls({commands.SSSE: files, BANK: {}}, quirks=quirks)

    @classmethod
    def of_kind(cls, card: SocialSecurityCard, kind: Kind) -> "VirtualCard":
        """The person's card of some kind; a bank's carries nothing of theirs."""
        match kind:
            case Kind.BANK:
                return cls({BANK: {}})
            case Kind.OLD:
                later: dict[Tag, bytes | None] = dict.fromkeys(_LATER)
                return cls.of(replace(card, version="1.00"), records=later)
            case Kind.EXPIRED:
                past = replace(card, issued=date(2010, 1, 1), valid_to=date(2020, 1, 1))
                return cls.of(past)
            case Kind.LONG_NAME:
                return cls.of(replace(card, name="A" + card.name[:2] * 8))
            case Kind.USUAL:
                return cls.of(card)

    def reset(self) -> None:
        """As after power-on: nothing selected."""
        self._files: Files = {}
        self._file: int | None = None
        self._kept = b""

    def answer(self, apdu: bytes) -> bytes:
        """The answer to one command; any bytes have one."""
        try:
            command = CommandApdu.decode(apdu)
        except BadFrame:
            return _status(StatusWord.WRONG_LENGTH)
        if command.cla != 0x00:
            return _status(StatusWord.CLASS_UNKNOWN)
        kept, self._kept = self._kept, b""
        match command.ins:
            case 0xA4:
                return self._select(command)
            case 0xB2:
                return self._read_record(command)
            case 0xC0:
                return self._sized(kept, command.le) if kept else _status(StatusWord.WRONG_LENGTH)
            case 0x84:
                return ResponseApdu(self._dice.randbytes(8), StatusWord.SUCCESS).encode()
            case _:
                return _status(StatusWord.INSTRUCTION_UNKNOWN)

    def _select(self, command: CommandApdu) -> bytes:
        if command.p1 == 0x04:
            return self._select_application(command.data)
        if command.p1 not in (0x00, 0x02):
            return _status(StatusWord.WRONG_PARAMETERS)
        if command.data == _MASTER_FILE:
            self._files, self._file = {}, None
            return _status(StatusWord.SUCCESS)
        if len(command.data) != 2 or int.from_bytes(command.data, "big") not in self._files:
            return _status(StatusWord.FILE_NOT_FOUND)
        self._file = int.from_bytes(command.data, "big")
        return _status(StatusWord.SUCCESS)

    def _select_application(self, name: bytes) -> bytes:
        if name not in self._applications:
            return _status(StatusWord.FILE_NOT_FOUND)
        self._files, self._file = self._applications[name], None
        information = _control_information(name, self._algorithm)
        if not self._quirks.announces:
            return ResponseApdu(information, StatusWord.SUCCESS).encode()
        self._kept = information
        return bytes((0x61, len(information)))

    def _read_record(self, command: CommandApdu) -> bytes:
        short_identifier, way = command.p2 >> 3, command.p2 & 0x07
        file = 0xEF00 | short_identifier if short_identifier else self._file
        if file is None:
            return _status(StatusWord.NO_CURRENT_FILE)
        if file not in self._files:
            return _status(StatusWord.FILE_NOT_FOUND)
        self._file = file
        if way == _BY_TAG:
            found = [record for record in self._files[file] if record[:1] == bytes((command.p1,))]
        elif way == _BY_NUMBER:
            found = list(self._files[file][command.p1 - 1 : command.p1]) if command.p1 else []
        else:
            return _status(StatusWord.WRONG_PARAMETERS)
        if not found:
            return _status(StatusWord.RECORD_NOT_FOUND)
        return self._sized(found[0], command.le)

    def _sized(self, data: bytes, le: int | None) -> bytes:
        le = le or MAX_LE
        exact = le == len(data) or (le == MAX_LE and self._quirks.accepts_le_zero)
        if not exact and self._quirks.corrects:
            return bytes((0x6C, len(data)))
        less = not exact and le > len(data)
        status = StatusWord.END_OF_RECORD if less else StatusWord.SUCCESS
        return ResponseApdu(data[:le], status).encode()


def _control_information(name: bytes, algorithm: int) -> bytes:
    proprietary = bytes.fromhex("9F0C038601") + bytes((algorithm,))
    body = b"\x84" + bytes((len(name),)) + name + b"\xa5" + bytes((len(proprietary),)) + proprietary
    return b"\x6f" + bytes((len(body),)) + body


def _status(status: StatusWord) -> bytes:
    return status.to_bytes(2, "big")
