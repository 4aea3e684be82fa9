"""A security module and the card in front of it, as values: a command in, a reply out."""

from dataclasses import dataclass, field
from enum import StrEnum

from . import codec, layout, sam_id, simulated_mark
from .codec import BaseRead, Command, Reply
from .status import Status


class Fault(StrEnum):
    """What such a reader can suffer from, beside what its line can (`LineFault`)."""

    WRONG_CHECKSUM = "wrong_checksum"
    UNKNOWN_CERTIFICATE = "unknown_certificate"
    """A card of a type that no layout has."""
    CARD_NOT_ACCEPTED = "card_not_accepted"
    """The module does not accept the card, as it would not a forged one."""
    PULLED_AFTER_FIND = "pulled_after_find"
    PULLED_AFTER_SELECT = "pulled_after_select"
    PULLED_IN_READ = "pulled_in_read"
    FOUND_ONCE = "found_once"
    """Find fails while a card that was read stays (seen on some readers; not confirmed)."""
    SELECTED_ONCE = "selected_once"
    """The card must be found and selected again before its appended address is read."""
    RATE_KEPT = "rate_kept"
    """The reader says yes to another rate and stays at its own."""


@dataclass(frozen=True)
class VirtualCard:
    """What the module reads from a card: 256 bytes of text, 1,024 of photo, an appended address."""

    text: bytes = field(repr=False)
    photo: bytes = field(default=simulated_mark.BLANK, repr=False)
    appended: bytes | None = field(default=None, repr=False)

    @classmethod
    def of(
        cls,
        card: layout.CardData,
        *,
        photo: bytes = simulated_mark.BLANK,
        appended_address: str | None = None,
    ) -> "VirtualCard":
        """A card in its own layout. Raises `ValueError` if a field is too long."""
        appended = None if appended_address is None else layout.encode_appended(appended_address)
        return cls(layout.encode(card), photo, appended)

    def of_type(self, letter: str) -> "VirtualCard":
        """The same card with another letter at text offset 248."""
        marked = self.text[:248] + letter.encode("utf-16-le") + self.text[250:]
        return VirtualCard(marked, self.photo, self.appended)


class VirtualSam:
    """The module's state: which card is there, how far its reading has gone."""

    def __init__(self, serial: int = 0, reset: Command = codec.RESET) -> None:
        """`reset` is the command that it takes for one."""
        self.card: VirtualCard | None = None
        self.reset = reset
        self._id = sam_id.simulated(serial)
        self.restart()

    def present(self, card: VirtualCard | None) -> None:
        """Another card, or none."""
        self.card = card
        self.restart()

    def restart(self) -> None:
        """Forget how far a reading has gone; the card stays where it lies."""
        self._found = self._selected = self._was_read = False

    def answer(self, command: Command, faults: frozenset[StrEnum] = frozenset()) -> Reply:
        """The reply to one command under these faults."""
        if command == self.reset:
            self.restart()
            return _status(Status.SUCCESS)
        match command:
            case codec.SAM_STATUS:
                return _status(Status.SUCCESS)
            case codec.SAM_ID:
                return _status(Status.SUCCESS, self._id)
            case codec.FIND:
                return self._find(faults)
            case codec.SELECT:
                return self._select(faults)
            case codec.READ_BASE:
                return self._read(faults)
            case codec.READ_APPENDED:
                return self._read_appended(faults)
            case _:
                known = command in map(codec.set_rate, codec.RATES)
                return _status(Status.SUCCESS if known else Status.COMMAND_ERROR)

    def _find(self, faults: frozenset[StrEnum]) -> Reply:
        if self.card is None or (self._was_read and Fault.FOUND_ONCE in faults):
            return _status(Status.FIND_FAILED)
        self._found = True
        if Fault.PULLED_AFTER_FIND in faults:
            self.present(None)
        return _status(Status.CARD_FOUND, bytes(4))

    def _select(self, faults: frozenset[StrEnum]) -> Reply:
        if self.card is None or not (self._found or Fault.FOUND_ONCE in faults):
            return _status(Status.SELECT_FAILED)
        self._selected = True
        if Fault.PULLED_AFTER_SELECT in faults:
            self.present(None)
        return _status(Status.SUCCESS, bytes(8))

    def _read(self, faults: frozenset[StrEnum]) -> Reply:
        if Fault.PULLED_IN_READ in faults:
            self.present(None)
        if self.card is None or not self._selected:
            return _status(Status.READ_FAILED)
        self._found = self._selected = False  # find and select precede every read
        if Fault.CARD_NOT_ACCEPTED in faults:
            return _status(Status.CARD_NOT_ACCEPTED_BY_SAM)
        self._was_read = True
        card = self.card.of_type("Z") if Fault.UNKNOWN_CERTIFICATE in faults else self.card
        return _status(Status.SUCCESS, BaseRead(card.text, card.photo).encode())

    def _read_appended(self, faults: frozenset[StrEnum]) -> Reply:
        ready = self._selected or (self._was_read and Fault.SELECTED_ONCE not in faults)
        if self.card is None or not ready:
            return _status(Status.READ_FAILED)
        if self.card.appended is None:
            return _status(Status.NO_SUCH_ITEM)
        return _status(Status.SUCCESS, self.card.appended)


def _status(sw3: Status, data: bytes = b"") -> Reply:
    return Reply(0, 0, sw3, data)
