"""The terminal's devices as its visits need them: which doors are open, one credential when asked.

The devices' manager works in threads of its own; one more takes its events and posts the visit's.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from types import TracebackType
from typing import Self

import structlog

from devices.base import Reading, Unplugged
from devices.manager import (
    Connected,
    DeviceConfig,
    Event,
    Health,
    Lost,
    Manager,
    Recovered,
    State,
    Taken,
    Troubled,
)
from devices.printer import Printer, Proof, Slip, Status

from . import events as e
from .chip_photo import ChipPhotos
from .reading import NoCredential, credential, is_minor, trouble
from .states import Door

log = structlog.get_logger("kiosk")

DOORS: dict[Door, frozenset[str]] = {
    Door.RESIDENT_ID: frozenset({"resident_id"}),
    Door.SOCIAL_SECURITY_CARD: frozenset({"social_security_card", "vendor"}),
    Door.NHSA_QR: frozenset({"scanner"}),
}
"""Which kinds of device serve a door. While a credential is asked for all of them are read: who
lays an ID card at the social-security card's screen is served too.
"""

_LOOK_S = 0.5


class Instruments:
    """Use as a context manager. `post` is called on a thread of its own."""

    def __init__(
        self,
        devices: Sequence[DeviceConfig],
        post: Callable[[e.Event], None],
        chips: ChipPhotos | None = None,
    ) -> None:
        """Without `chips` the photo on a chip is dropped as it is read."""
        self._chips, self._faces = chips, False
        self._devices = {device.name: device for device in devices}
        self._post = post
        self._manager = Manager(devices)
        self._asked: tuple[int, Door | None] | None = None
        self._printers: frozenset[str] = frozenset()
        """Those that said that they can print."""
        self.closed: frozenset[Door] = frozenset()
        """Doors that stay shut whatever stands ready: nobody resolves codes here."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._pump, name="kiosk-devices", daemon=True)

    def __enter__(self) -> Self:
        self._manager.__enter__()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._manager.__exit__(kind, error, trace)
        self._thread.join()

    def ask(self, serial: int, door: Door | None, *, faces: bool = False) -> None:
        """Read one credential for the screen of this serial; say at once if the door's device is
        away. `faces`: the person agreed to theirs, so that a chip's photo may be looked at.
        """
        self._asked, self._faces = (serial, door), faces
        self._manager.want(self._credential_devices(), serial)
        if door is not None and door not in self.ready():
            self._post(e.CardTrouble(serial, "reader_down"))

    def rest(self) -> None:
        """Read nothing."""
        self._asked = None
        self._manager.want(())

    def ready(self) -> frozenset[Door]:
        """Doors for which a device answers, or is just being opened."""
        alive = {health.kind for health in self._manager.health() if health.state is not State.LOST}
        return frozenset(door for door, kinds in DOORS.items() if kinds & alive) - self.closed

    @property
    def can_print(self) -> bool:
        """Whether a printer stands ready."""
        return bool(self._printers)

    def print_slip(self, slip: Slip) -> "Future[Proof]":
        """Print it on the first printer that stands ready; returns at once.

        The future's errors are `devices.printer.NotPrinted` and, for a printer that is away, other
        kinds of `DeviceError`.
        """
        printers = [name for name in self._devices if name in self._printers]

        def job(printer: Printer) -> Proof:
            return printer.print(slip)

        if not printers:
            future: Future[Proof] = Future()
            future.set_exception(Unplugged(note="no printer stands ready"))
            return future
        return self._manager.use(printers[0], job)

    def health(self) -> list[Health]:
        """How each device is."""
        return self._manager.health()

    def _credential_devices(self) -> list[str]:
        return self._manager.names(*frozenset[str]().union(*DOORS.values()))

    def _pump(self) -> None:
        while not self._stop.is_set():
            event = self._manager.next(_LOOK_S)
            try:
                if event is not None:
                    self._tell(event)
            except Exception as error:  # one event that was not foreseen must not end all others
                log.error("kiosk.internal", error=type(error).__name__)

    def _tell(self, event: Event) -> None:
        match event:
            case Taken(value=Reading() as reading, ticket=int(serial), photo=photo):
                self._read(serial, reading, photo)
            case Troubled(code=code, ticket=int(serial)):
                self._post(e.CardTrouble(serial, trouble(code)))
            case Taken(device=device, value=Status() as status):
                self._printer_is(device, ready=status.trouble is None)
            case Lost(device=device) if device in self._printers:
                self._printer_is(device, ready=False)
            case Lost() | Recovered() | Connected():
                self._came_or_went(event)

    def _read(self, serial: int, reading: Reading, photo: bytes | None = None) -> None:
        try:
            sent = credential(reading)
        except NoCredential:
            log.info("kiosk.no_credential", kind=reading.kind)
            self._post(e.CardTrouble(serial, "other_code"))
            return
        minor, chip = is_minor(reading), None
        if photo is not None and self._faces and not minor and self._chips is not None:
            chip = self._chips.crop(photo)
        self._post(e.CardRead(serial, sent, minor, chip))

    def _printer_is(self, device: str, *, ready: bool) -> None:
        before = self.can_print
        self._printers = self._printers | {device} if ready else self._printers - {device}
        log.info("kiosk.printer", device=device, ready=ready)
        if self.can_print != before:
            self._post(e.PrinterChanged(self.can_print))

    def _came_or_went(self, event: Event) -> None:
        log.info("kiosk.device", device=event.device, change=type(event).__name__.lower())
        self._post(e.DoorsChanged(self.ready()))
        serial, door = self._asked or (0, None)
        if door is not None and self._devices[event.device].kind in DOORS.get(door, ()):
            self._post(e.CardTrouble(serial, "reader_down" if isinstance(event, Lost) else None))
