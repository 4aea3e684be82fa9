"""Readers that speak family A: `CA 01 00` reads text and photo at once (one public source).

    request  CA 01 00
    answer   90 00 · text length 0100 · photo length 0400 · 256 bytes · 1,024 bytes

each in a frame `STX … ETX`. There is no question whether a card is there, and none who the reader
is: it is asked to read until it can. Which statuses it has beside 90 00 is not known, nor what it
says without a card (`ReaderSettings.no_card_status`).

The line does not tell whether a security module stands behind it, so a reading is authenticated
only where the settings say so. A simulator stamps its photos (`simulated_mark`).
"""

import time

from devices.errors import NoCard, Refused
from devices.framing import stx_etx
from devices.serial_line import SerialLine

from . import layout, simulated_mark
from .answers import asked_again, exchange
from .codec import BaseRead
from .reader import Content, PhotoSink, ResidentIdReader
from .settings import ReaderSettings

READ_ALL = bytes.fromhex("CA0100")
SUCCESS = bytes.fromhex("9000")


class FamilyAReader(ResidentIdReader):
    """A reader on an open line. Opening it asks nothing: the only question reads a card."""

    device = "family_a"

    def __init__(
        self, line: SerialLine, settings: ReaderSettings, photo_sink: PhotoSink | None = None
    ) -> None:
        super().__init__(line, settings, photo_sink)
        self.simulated = False  # only a card's photo tells
        self._authenticates = settings.has_module

    def _content(self, timeout: float) -> Content:
        until = time.monotonic() + timeout
        while True:
            try:
                return self._read_all()
            except NoCard:
                pause = min(self._settings.find_interval, until - time.monotonic())
                if pause <= 0:
                    raise
            time.sleep(pause)

    def _read_all(self) -> Content:
        body = asked_again(self._line, self._settings.tries, self._ask)
        simulated = simulated_mark.is_simulated(body.photo)
        self.simulated |= simulated
        return Content(layout.parse(body.text), body.photo, simulated)

    def _ask(self) -> BaseRead:
        halved = self._settings.halved
        request = stx_etx.encode(READ_ALL, split=halved)
        frames = stx_etx.FrameBuffer(split=halved)
        data = exchange(self._line, request, frames, self._settings.base_timeout)
        status = data[:2]
        if status == SUCCESS:
            return BaseRead.decode(data[2:])
        note = f"status {status.hex(' ').upper()}"
        if self._settings.no_card_status in (None, status):
            raise NoCard(note=note)
        raise Refused("resident_id.reader_error", note)
