"""The demo's simulated devices, and the hand that lays cards and moves people before them."""

import contextlib
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from types import TracebackType
from typing import Self

from devices.camera import Camera
from devices.camera.simulated import Portrait, SimulatedCamera
from devices.manager import DeviceConfig
from devices.printer.simulator import PrinterSimulator
from devices.resident_id.layout import CardData
from devices.resident_id.simulated_mark import BLANK
from devices.resident_id.simulated_photo import SimulatedPhotoDecoder
from devices.resident_id.simulator import ResidentIdSimulator
from devices.resident_id.virtual import VirtualCard as ResidentIdCard
from devices.scanner.simulator import ScannerSimulator
from devices.smartcard.ccid.simulator import CcidSimulator
from devices.social_security_card.invented import card_of
from devices.social_security_card.virtual import Kind, VirtualCard
from kiosk.demo import DemoPerson
from kiosk.messages import Shown

from .clinic import PHYSICIANS
from .rendering import silhouette
from .sample import SamplePerson

CodeSource = Callable[[CardData, Shown], str]
"""Whose code, of which kind; gives what the phone shows. Raises nothing: a platform that is away
gives an old code.
"""
CARDS: tuple[Shown, ...] = ("resident_id", "social_security_card")
CODES: tuple[Shown, ...] = ("nhsa_qr", "e_social_card")
SCANNER_BAUDRATE = PRINTER_BAUDRATE = 115_200
SCAN_AGAIN_S = 0.4
FRAMES_PER_SECOND = 30.0
FRAME_SIZE = (640, 480)
"""Width, height. A probe has so few pixels that in a larger frame it would stand metres away, where
the detector, which looks at 640 pixels a side, places its landmarks by chance.
"""


class SimulatedDevices:
    """Readers of every credential on pseudo-terminals, and a camera. Implements
    `kiosk.demo.DemoControls`.

    Use it as a context manager. Every method may be called from any thread.
    """

    def __init__(
        self,
        people: Sequence[SamplePerson],
        *,
        codes: CodeSource | None = None,
        chip_photos: bool = False,
        only_silhouettes: bool = False,
        seed: int | None = None,
    ) -> None:
        """As told.

        Args:
            codes: gives a person's code as a platform's app shows it; without it nobody has one.
            chip_photos: the chips of ID cards carry their holder's photo; else noise.
            only_silhouettes: whoever stands there is a drawing.
            seed: of movement and noise.
        """
        self._codes = codes
        self.chip_photos = chip_photos
        self._people = {person.id: person for person in people}
        self._only_silhouettes = only_silhouettes
        self._one_rendering = threading.Lock()
        self.camera = SimulatedCamera(FRAME_SIZE, FRAMES_PER_SECOND, seed)
        self.reader = ResidentIdSimulator()
        self.card_slot = CcidSimulator()
        self.scanner = ScannerSimulator(repeat_every=SCAN_AGAIN_S, baudrate=SCANNER_BAUDRATE)
        self.printer = PrinterSimulator(baudrate=PRINTER_BAUDRATE)
        self._open = ExitStack()

    @property
    def listed(self) -> list[DeviceConfig]:
        """The devices as a terminal's list names them."""
        scanner = {"baudrate": SCANNER_BAUDRATE}
        return [
            DeviceConfig("id-reader", "resident_id", self.reader.url),
            DeviceConfig("card-slot", "social_security_card", self.card_slot.url),
            DeviceConfig("scanner", "scanner", self.scanner.url, scanner),
            DeviceConfig("printer", "printer", self.printer.url, {"baudrate": PRINTER_BAUDRATE}),
        ]

    def open_camera(self) -> AbstractContextManager[Camera]:
        """The one camera, which stays open for the next who looks."""
        return contextlib.nullcontext(self.camera)

    def people(self) -> Sequence[DemoPerson]:
        """Everybody of the sample, left to right, with a name as the demo's bar shows it."""
        return [
            DemoPerson(person.id, _label(person), person.enrolled)
            for person in self._people.values()
        ]

    @property
    def photo_decoder(self) -> SimulatedPhotoDecoder:
        """Of the photos on these cards' chips, which are not WLT."""
        return SimulatedPhotoDecoder()

    def credentials(self) -> Sequence[Shown]:
        """What can be presented; codes only where somebody gives them."""
        return (*CARDS, *CODES) if self._codes else CARDS

    def present(self, person_id: str, credential: Shown = "resident_id") -> None:
        """Present this person's credential, in place of whatever is presented; nobody's where
        nobody has this id.
        """
        self.take_away()
        person = self._people.get(person_id)
        if person is None:
            return
        if credential == "resident_id":
            photo = person.chip_photo if self.chip_photos else BLANK
            self.reader.present(ResidentIdCard.of(person.card, photo=photo))
        elif credential == "social_security_card":
            self.card_slot.present(VirtualCard.of_kind(card_of(person.card), Kind.USUAL))
        elif self._codes is not None:
            self.scanner.show(self._codes(person.card, credential))

    def take_away(self) -> None:
        """Take away whatever is presented."""
        self.reader.remove()
        self.card_slot.remove()
        self.scanner.hide()

    def stand(self, person_id: str | None) -> None:
        """Put this person before the camera, or nobody. The first time it takes a second."""
        person = self._people.get(person_id) if person_id is not None else None
        self.camera.show(self._portrait(person) if person else None)

    def slips(self) -> Sequence[bytes]:
        """What the printer printed, oldest first."""
        return [slip.png for slip in self.printer.slips]

    def _portrait(self, person: SamplePerson) -> Portrait:
        if self._only_silhouettes:
            return silhouette()
        with self._one_rendering:
            return person.portrait

    def __enter__(self) -> Self:
        for device in (self.reader, self.card_slot, self.scanner, self.printer):
            self._open.enter_context(device)
        self._open.enter_context(self.camera)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()


def _label(person: SamplePerson) -> str:
    """The name, and whether 医护签到 is for them."""
    physician = any(one.invented.id == person.id for one in PHYSICIANS)
    return f"{person.invented.name}·医" if physician else person.invented.name
