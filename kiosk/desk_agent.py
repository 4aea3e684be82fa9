"""The agent beside a clerk's screen: whatever is laid on a reader goes, sealed and signed, to the
verifier, where the clerk's page takes it, and what the clerk has printed comes from there. It opens
no camera, serves no page and keeps nothing.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence

import structlog
from joserfc.jwk import OKPKey

from devices.base import Reading
from devices.errors import DeviceError
from devices.manager import DeviceConfig, Event, Lost, Manager, Taken, Troubled
from devices.printer import Status
from devices.resident_id.photo import PhotoDecoder
from verifier.protocol import jose
from verifier.protocol.claim import Evidence
from verifier.protocol.desk import CHIP_KINDS, SealKey, SentReading

from .capture import encode_png
from .desk_printing import DeskPrinting, printer_is
from .errors import KioskError
from .reading import NoCredential, credential
from .verifier_client import VerifierClient

log = structlog.get_logger("kiosk")

KINDS = ("resident_id", "social_security_card", "vendor", "scanner")
_LOOK_S = 0.5
LIES_S = 3.0
"""A card that is read again within so long was never taken away."""


class DeskAgent:
    """Reads until it is stopped. Use `run` in a task."""

    def __init__(
        self,
        devices: Sequence[DeviceConfig],
        client: VerifierClient,
        told: Callable[[str], None] = lambda _: None,
        photo_decoder: PhotoDecoder | None = None,
        hospital: str = "",
    ) -> None:
        """`told` hears of each reading: its kind, or the code of what went wrong.

        Without a `photo_decoder` (WLT needs a licence) no chip's photo leaves this machine.
        """
        self._devices, self._client, self._told = devices, client, told
        self._decoder, self._hospital = photo_decoder, hospital
        self._last: tuple[object, float] = (None, 0.0)

    async def run(self) -> None:
        """Until cancelled. A reading that cannot be sent is dropped: the card is still there."""
        loop, read = asyncio.get_running_loop(), asyncio.Queue[Taken | str](maxsize=8)
        stop = threading.Event()
        printing: asyncio.Future[DeskPrinting] = loop.create_future()

        def pump() -> None:
            with Manager(self._devices) as manager:
                names, ticket = manager.names(*KINDS), 0
                printer = self._printing(manager)
                if printer is not None:
                    loop.call_soon_threadsafe(printing.set_result, printer)
                manager.want(names, ticket)
                while not stop.is_set():
                    event = manager.next(_LOOK_S)
                    if printer is not None and event is not None and _of(printer, event):
                        continue
                    if isinstance(event, Taken | Troubled):
                        said = event if isinstance(event, Taken) else event.code
                        asyncio.run_coroutine_threadsafe(read.put(said), loop)
                        ticket += 1
                        manager.want(names, ticket)

        pumping = asyncio.create_task(asyncio.to_thread(pump))
        prints = asyncio.create_task(_print_when(printing))
        try:
            key: SealKey | None = None
            while True:
                said = await read.get()
                if isinstance(said, str):
                    self._told(said)
                elif isinstance(said.value, Reading) and not self._lies_there_still(said.value):
                    key = await self._sent(said.value, said.photo, key)
        finally:
            prints.cancel()
            stop.set()
            await pumping

    def _printing(self, manager: Manager) -> DeskPrinting | None:
        """The desk's first printer, or None."""
        printers = manager.names("printer")
        if not printers:
            return None
        return DeskPrinting(manager, printers[0], self._client, self._hospital, self._told)

    def _lies_there_still(self, reading: Reading) -> bool:
        """Whether it is the card that was sent a moment ago: a clerk is told of it once."""
        last, at = self._last
        now = time.monotonic()
        self._last = ((reading.kind, dict(reading.fields)), now)
        return last == self._last[0] and now - at < LIES_S

    async def _sent(
        self, reading: Reading, photo: bytes | None, key: SealKey | None
    ) -> SealKey | None:
        try:
            key = key or await self._client.seal_key()
            recipient = OKPKey.import_key({**key.seal_key})
            sent = SentReading(evidence=Evidence(reading=credential(reading)).sealed(recipient))
            picture = self._picture(reading, photo) if key.chip_photos else None
            if picture is not None:
                sealed = jose.seal(picture, recipient)
                sent = sent.model_copy(update={"chip_photo": sealed})
            await self._client.send_reading(sent)
        except NoCredential:
            self._told("reading.no_credential")
        except KioskError as error:
            log.warning("desk.not_sent", code=error.code)
            self._told(error.code)
            return None
        else:
            self._told(reading.kind)
        return key

    def _picture(self, reading: Reading, photo: bytes | None) -> bytes | None:
        """The chip's photo as PNG; None where there is none, or nobody here can decode it."""
        if photo is None or self._decoder is None or reading.kind not in CHIP_KINDS:
            return None
        try:
            return encode_png(self._decoder.decode(photo))
        except DeviceError as error:
            log.info("desk.chip_photo", code=error.code)
            return None


async def _print_when(there: "asyncio.Future[DeskPrinting]") -> None:
    await (await there).run()


def _of(printing: DeskPrinting, event: Event) -> bool:
    """Whether an event is the printer's; how that is, is noted."""
    match event:
        case Taken(value=Status() as status):
            printing.state = printer_is(status)
        case Lost(device=device) | Troubled(device=device) if device == printing.printer:
            printing.state = "trouble"
        case _:
            return False
    return True
