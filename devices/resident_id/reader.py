"""What a resident-ID reader does, whichever language it speaks."""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from devices.base import Reading
from devices.closing import Closing
from devices.serial_line import SerialLine

from .layout import CardData
from .settings import ReaderSettings

PhotoSink = Callable[[bytes], None]
"""Where the card's photo goes: 1,024 bytes, WLT, opaque. Without one it is dropped at once."""


@dataclass(frozen=True)
class Content:
    """What was read from a card. `repr` shows nothing of it."""

    card: CardData = field(repr=False)
    photo: bytes = field(repr=False)
    simulated: bool
    appended_address: str | None = field(default=None, repr=False)

    def fields(self) -> dict[str, str]:
        """The card's own, and the appended address where one was asked for and is there."""
        appended = self.appended_address
        extra = {} if appended is None else {"appended_address": appended}
        return self.card.fields() | extra


class ResidentIdReader(Closing):
    """A reader on an open line. Used by one thread at a time."""

    device: str
    """As its readings name it."""
    simulated: bool
    """Whether it is known for a simulator so far."""
    _authenticates: bool
    """Whether card and reader prove themselves to each other before anything is given out."""

    def __init__(
        self, line: SerialLine, settings: ReaderSettings, photo_sink: PhotoSink | None = None
    ) -> None:
        self._line, self._settings, self._photo_sink = line, settings, photo_sink

    def read(self, timeout: float) -> Reading:
        """Wait up to `timeout` seconds for a card, then read it, which may take longer.

        A reading's kind is the card's: `resident_id`, or `permit` for a foreigner's card. Raises
        `NoCard` (none came), `CardRemoved` (it came and went), `Timeout`, `BadFrame`, `Unplugged`,
        or `Refused` with the reader's or the card's reason.
        """
        return self.read_with_photo(timeout)[0]

    def read_with_photo(self, timeout: float) -> tuple[Reading, bytes]:
        """The same with the chip's photo, 1,024 bytes, opaque (`photo.PhotoDecoder`).

        The photo is in no field of the reading. Raises as `read`.
        """
        content = self._content(timeout)
        if self._photo_sink is not None:
            self._photo_sink(content.photo)
        reading = Reading(
            kind=content.card.document_kind.value,
            fields=content.fields(),
            device=self.device,
            read_at=datetime.now(UTC),
            authenticated=self._authenticates,
            simulated=content.simulated,
        )
        return reading, content.photo

    def rest(self, seconds: float) -> None:
        """Let time pass without a question. Raises `Unplugged` as soon as the line hangs up."""
        self._line.rest(seconds)

    def close(self) -> None:
        """Give the port back."""
        self._line.close()

    @abstractmethod
    def _content(self, timeout: float) -> Content:
        """Wait for a card and read it. Raises as `read`."""
