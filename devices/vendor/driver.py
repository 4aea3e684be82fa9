"""Reads cards through a vendor's library; a library that fails is put away and started again."""

import logging
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from devices.base import Reading
from devices.closing import Closing
from devices.errors import BadFrame, DeviceError, NoCard, Refused, Timeout, Unplugged

from . import lines, transactions
from .description import Description, Line
from .frames import Result
from .library import Library
from .transactions import EcReply

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class VendorSettings:
    """Times in seconds."""

    find_interval: float = 0.3
    """Between two calls while no card is there."""
    start_deadline: float = 15.0
    """For the host program's start, and for loading the library."""
    close_deadline: float = 2.0
    """For the library to let go."""
    first_backoff: float = 0.25
    last_backoff: float = 15.0
    """Between two starts of a host whose library failed; doubled from one failure to the next."""


class VendorReader(Closing):
    """A reader behind a library. Used by one thread at a time.

    A library that crashes, hangs or answers what cannot be read ends its host and nothing else:
    the error is raised, and a later `read` or `rest` starts a new host once the back-off is over.
    """

    def __init__(self, description: Description, settings: VendorSettings) -> None:
        """The library loaded. Raises as `open`."""
        self.simulated = description.simulated
        """Whether the description or a card read so far says so: a library tells nothing itself."""
        self.device = f"vendor:{description.device}"
        self._description, self._settings = description, settings
        self._backoff = settings.first_backoff
        self._due = 0.0
        self._closed = False
        self._failure: DeviceError = Timeout("vendor.crashed")
        self._library: Library | None = Library(description, settings.start_deadline)

    def read(self, timeout: float) -> Reading:
        """Wait up to `timeout` seconds for a card; a call in progress then may take its deadline.

        The functions that the description has a reading for are tried in their order. Raises
        `NoCard`, `Timeout` (`vendor.hung`, `vendor.crashed`), `BadFrame` (`vendor.garbled`),
        `Unplugged` (the library is not there any more), or `Refused` with the library's code or
        what is wrong with the card.
        """
        until = time.monotonic() + timeout
        while True:
            library = self._started(until)
            if (reading := self._tried(library)) is not None:
                return reading
            pause = min(self._settings.find_interval, until - time.monotonic())
            if pause <= 0:
                raise NoCard
            library.host.ended.wait(pause)

    def transact(
        self, trans_type: str, data: Mapping[str, object], *, org_id: str, extra: str = ""
    ) -> EcReply:
        """Have the description's transaction (`NationEcTrans`) answer.

        Raises as `read`, and `Refused` (`vendor.refused`) where the platform says no.
        """
        asked = self._description.transaction
        if asked is None:
            raise Refused("vendor.description_invalid", "transaction: is missing")
        library = self._started(time.monotonic())
        sent = transactions.request(org_id, trans_type, data, extra)
        result = self._call(library, asked.function, sent)
        return transactions.parse(library.text_of(result.outputs[asked.output]))

    def rest(self, seconds: float) -> None:
        """Let time pass; a library that failed is started again meanwhile, so that the next person
        need not wait for it. Raises `Unplugged` where it is not there any more.
        """
        until = time.monotonic() + seconds
        if self._library is None and time.monotonic() >= self._due:
            self._start()
        library = self._library
        if library is None:
            time.sleep(seconds)
        elif library.host.ended.wait(seconds):
            self._put_away(library, Timeout("vendor.crashed", "at rest"))
            time.sleep(max(0.0, until - time.monotonic()))

    def close(self) -> None:
        """Let the library go and end its host."""
        self._closed = True
        if self._library is not None:
            self._library.close(self._settings.close_deadline)
            self._library = None

    def _tried(self, library: Library) -> Reading | None:
        """The first reading that a function gives; None where nothing lies there."""
        refused: Refused | None = None
        for line in self._description.lines:
            try:
                return self._reading(library, line)
            except NoCard:
                continue
            except Refused as error:
                refused = refused or error
        if refused is not None:
            _log.info("vendor reader: %s", refused)
            raise refused
        return None

    def _reading(self, library: Library, line: Line) -> Reading:
        result = self._call(library, line.function)
        said = lines.items(
            line.kind,
            result.outputs[line.output],
            self._description.encoding,
            line.separator,
            line.places,
        )
        if line.kind == "resident_id":
            kind, fields, mark = lines.resident_id(said)
        else:
            kind = line.kind
            fields, mark = lines.social_security_card(said)
        if line.authenticated:
            fields["authenticated_by"] = f"stated:{self._description.device}"
        self.simulated |= mark
        return Reading(
            kind=kind,
            fields=fields,
            device=self.device,
            read_at=datetime.now(UTC),
            authenticated=line.authenticated,
            simulated=self._description.simulated or mark,
        )

    def _started(self, until: float) -> Library:
        """The library, started again if it failed and the back-off is over before `until`."""
        if self._closed:
            raise Unplugged(note="closed")
        if self._library is not None and not self._library.host.is_alive():
            self._put_away(self._library, Timeout("vendor.crashed", "at rest"))
        if self._library is not None:
            return self._library
        if self._due > until:
            time.sleep(max(0.0, until - time.monotonic()))
            raise self._again()
        time.sleep(max(0.0, self._due - time.monotonic()))
        return self._start()

    def _start(self) -> Library:
        try:
            self._library = Library(self._description, self._settings.start_deadline)
        except DeviceError as error:
            self._put_off(error)
            raise
        _log.info("vendor reader: started again")
        return self._library

    def _call(self, library: Library, function: str, given: str = "") -> Result:
        try:
            return library.call(function, given)
        except (BadFrame, Timeout) as error:
            self._put_away(library, error)
            raise
        finally:
            if self._library is library:  # it answered, whatever it said
                self._backoff = self._settings.first_backoff

    def _put_away(self, library: Library, error: DeviceError) -> None:
        """A library whose host an error ended, or that can no longer be believed."""
        library.host.kill()
        self._library = None
        self._put_off(error)

    def _put_off(self, error: DeviceError) -> None:
        _log.warning("vendor reader: %s", error)
        self._failure = error
        self._due = time.monotonic() + self._backoff * random.uniform(0.8, 1.2)
        self._backoff = min(self._backoff * 2, self._settings.last_backoff)

    def _again(self) -> DeviceError:
        """What went wrong, said again while nothing can be tried."""
        return type(self._failure)(self._failure.code, self._failure.note)
