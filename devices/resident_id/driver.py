"""Talks with a reader's security module: find, select, read; tries again where that can help.

A reading through a SAM is authenticated: card and module prove themselves to each other before the
module gives anything out.
"""

import logging
import time
from dataclasses import dataclass
from functools import partial

from devices.errors import BadFrame, CardRemoved, DeviceError, NoCard, Refused, Timeout
from devices.serial_line import SerialLine

from . import codec, layout, rates, sam_id
from .answers import asked_again, exchange
from .codec import BaseRead, Command, FrameBuffer, Reply
from .reader import Content, PhotoSink, ResidentIdReader
from .settings import ReaderSettings
from .status import Status, failure, worth_another_try

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Question:
    command: Command
    success: Status
    data_bytes: int | None = None
    """What a successful reply carries, where readers do not differ in it."""


_STATUS = _Question(codec.SAM_STATUS, Status.SUCCESS)
_ID = _Question(codec.SAM_ID, Status.SUCCESS, 16)
_FIND = _Question(codec.FIND, Status.CARD_FOUND)
_SELECT = _Question(codec.SELECT, Status.SUCCESS)
_BASE = _Question(codec.READ_BASE, Status.SUCCESS, codec.BASE_READ_BYTES)
_APPENDED = _Question(codec.READ_APPENDED, Status.SUCCESS)


class SamReader(ResidentIdReader):
    """A reader whose security module is on the line itself."""

    _authenticates = True

    def __init__(
        self, line: SerialLine, settings: ReaderSettings, photo_sink: PhotoSink | None = None
    ) -> None:
        """Find the module, ask how it is and who it is.

        Raises `DeviceError`; the line then stays the caller's.
        """
        super().__init__(line, settings, photo_sink)
        self._rates = rates.candidates(settings)
        if line.rate_is_fixed and len(self._rates) > 1:
            raise Refused("device.rate_fixed")
        if len(self._rates) == 1:
            self.check()
        else:
            self._synchronise()
        raw = self._ask(_ID, settings.status_timeout)
        self.sam_id = sam_id.text_of(raw)
        self.device = f"sam:{self.sam_id}"
        self.simulated = sam_id.is_simulated(raw)

    @property
    def baudrate(self) -> int:
        """The rate at which reader and line are now."""
        return self._line.baudrate

    def check(self) -> None:
        """Ask the module whether it is well. Raises `Refused` with what it says, or as `read`."""
        self._ask(_STATUS, self._settings.status_timeout)

    def reset(self) -> None:
        """Let the module start anew, and find it again. Raises as `check`.

        Whether it answers before it starts, and at which rate it is then, is not confirmed: it is
        looked for at its first rate and at the one that it had.
        """
        question = _Question(Command(self._settings.reset_code, 0xFF), Status.SUCCESS)
        try:
            self._ask_once(question, self._settings.reset_timeout)
        except (BadFrame, Timeout) as error:
            _log.info("resident-ID reader: %s, when told to reset", error)
        self._synchronise()

    def _content(self, timeout: float) -> Content:
        self._wait_for_card(time.monotonic() + timeout)
        return self._read_card()

    def _wait_for_card(self, until: float) -> None:
        while not self._found():
            pause = min(self._settings.find_interval, until - time.monotonic())
            if pause <= 0:
                raise NoCard
            time.sleep(pause)

    def _read_card(self) -> Content:
        for remaining in reversed(range(self._settings.tries)):
            try:
                return self._read_selected()
            except DeviceError as error:
                _log.info("resident-ID reader: %s", error)
                if not remaining or not worth_another_try(error):
                    raise
            if not self._found():
                raise CardRemoved
        raise AssertionError("unreachable: the last try returns or raises")

    def _read_selected(self) -> Content:
        # One try each: find and select go before every read, so another try begins with find.
        self._ask_once(_SELECT, self._settings.select_timeout)
        body = BaseRead.decode(self._ask_once(_BASE, self._settings.base_timeout))
        card = layout.parse(body.text)
        appended = self._appended() if self._settings.appended_address else None
        return Content(card, body.photo, self.simulated, appended)

    def _appended(self) -> str | None:
        """The appended address; None where the card has none or the reader cannot tell."""
        try:
            return layout.parse_appended(self._ask_appended())
        except Refused as error:
            if error.code != "resident_id.no_such_item":
                _log.warning("resident-ID reader: no appended address: %s", error)
            return None

    def _ask_appended(self) -> bytes:
        try:
            return self._ask_once(_APPENDED, self._settings.appended_timeout)
        except Refused as error:
            if error.code != "resident_id.read_failed":
                raise
        # Whether the card stays selected after its base was read is not confirmed.
        if not self._found():
            raise CardRemoved
        self._ask_once(_SELECT, self._settings.select_timeout)
        return self._ask_once(_APPENDED, self._settings.appended_timeout)

    def _found(self) -> bool:
        try:
            self._ask(_FIND, self._settings.find_timeout)
        except NoCard:
            return self._settings.select_unfound and self._selected()
        return True

    def _selected(self) -> bool:
        try:
            self._ask(_SELECT, self._settings.select_timeout)
        except Refused:
            return False
        return True

    def _ask(self, question: _Question, timeout: float) -> bytes:
        """The data of a successful reply; a damaged or missing one is asked for again.

        A reader that may have started anew meanwhile is then looked for at its other rates.
        """
        ask = partial(self._exchange, question, timeout)
        try:
            return asked_again(self._line, self._settings.tries, ask)
        except (BadFrame, Timeout):
            if len(self._rates) == 1:
                raise
        self._synchronise()
        return self._ask_once(question, timeout)

    def _ask_once(self, question: _Question, timeout: float) -> bytes:
        return asked_again(self._line, 1, partial(self._exchange, question, timeout))

    def _exchange(self, question: _Question, timeout: float) -> bytes:
        request = question.command.encode()
        reply = Reply.decode(
            exchange(self._line, request, FrameBuffer(), timeout, codec.CLONE_TIMEOUT)
        )
        if reply.sw3 == question.success and question.data_bytes in (None, len(reply.data)):
            return reply.data
        if reply.sw3 in (Status.SUCCESS, Status.CARD_FOUND):
            raise BadFrame(note="the answer to another command")
        raise failure(reply)

    def _synchronise(self) -> None:
        """Find the reader's rate, then bring it to the one that is wanted."""
        answers = partial(self._exchange, _STATUS, self._settings.status_timeout)
        rates.find(self._line, self._rates, answers)
        wanted = self._settings.switch_to
        if wanted in (None, self._line.baudrate):
            return
        question = _Question(codec.set_rate(wanted), Status.SUCCESS)
        tell = partial(self._exchange, question, self._settings.status_timeout)
        try:
            rates.switch(self._line, wanted, tell, answers)
        except Refused as error:
            _log.warning("resident-ID reader: stays at its rate: %s", error)
