"""An enrolment desk with the real models, and a camera that plays a file."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from joserfc.jwk import OKPKey

from codes.id_number import check_digit
from console.app import mount
from models.engine import FaceEngine
from models.types import Image
from tests.verifier.calibrated import calibration_with_floor
from tests.verifier.fixtures import INSTITUTION
from tests.verifier.serving.hospital import Hospital, Terminal, card, invent, open_hospital
from verifier.identity.galleries import Gallery
from verifier.protocol.claim import Evidence
from verifier.protocol.desk import DESK, SentReading
from verifier.store.database import Database
from verifier.trust import terminals
from verifier.trust.keys import KeyRing

from .browser import Screen

FRAME = (480, 640)
FRAMES = 12


@dataclass
class Camera:
    """The file that a browser takes for its camera; read anew each time a page opens it."""

    file: Path

    @property
    def arguments(self) -> list[str]:
        """For Chromium."""
        return [
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
            f"--use-file-for-fake-video-capture={self.file}",
        ]

    def show(self, *portraits: Image) -> None:
        """These people stand before it, side by side."""
        frames = [_frame(portraits, step) for step in range(FRAMES)]
        self.file.write_bytes(b"".join(_jpeg(frame) for frame in frames))

    @staticmethod
    def frame(portrait: Image, step: int) -> bytes:
        """One frame of somebody, JPEG."""
        return _jpeg(_frame((portrait,), step))


def _frame(portraits: tuple[Image, ...], step: int) -> Image:
    """Heads before a grey wall; they breathe, so that no two frames are one."""
    frame = np.full((*FRAME, 3), 168, np.uint8)
    wide = FRAME[1] // max(1, len(portraits))
    for place, portrait in enumerate(portraits):
        tall = FRAME[0] - 40
        scale = min(tall / portrait.shape[0], (wide - 20) / portrait.shape[1])
        head = cv2.resize(portrait, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        top = 20 + step % 4
        left = place * wide + (wide - head.shape[1]) // 2
        frame[top : top + head.shape[0], left : left + head.shape[1]] = head
    return frame


def _jpeg(frame: Image) -> bytes:
    done, data = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, 92])
    assert done
    return data.tobytes()


@contextmanager
def a_desk(
    database: Database, keyring: KeyRing, gallery: Gallery, engine: FaceEngine
) -> Iterator[Hospital]:
    """A verifier on the real models with the pages on it. Its cosines are invented."""
    said = {"embedder": engine, "calibration": calibration_with_floor(3 / 300_000)}
    with open_hospital(database, keyring, gallery, **said) as opened:
        mount(opened.http.app, opened.site)
        yield opened


def a_reader(hospital: Hospital) -> Terminal:
    """A desk's agent with its own key."""
    key = OKPKey.generate_key("Ed25519")
    public = key.as_dict(private=False)
    with hospital.database.app.begin() as conn:
        known = terminals.register(conn, INSTITUTION, "东院门诊", "1号窗口", public, [DESK])
    return Terminal(known, key, hospital.http)


def lay_card(desk: Terminal, number: str, name: str) -> None:
    """A card on the desk's reader: the agent sends it, signed and sealed."""
    reading = card(invent(1), fields={"number": number, "name": name})
    key = desk.get("/v1/readings/key").json()["seal_key"]
    sealed = Evidence(reading=reading).sealed(OKPKey.import_key(key))
    body = SentReading(evidence=sealed).model_dump_json().encode()
    assert desk.post("/v1/readings", body).status_code == 204


def number_of(day: str = "19800105", sequence: str = "001") -> str:
    """An ID number in a region that no province has."""
    first = f"990101{day}{sequence}"
    return first + check_digit(first)


@dataclass
class Clerk:
    """What the clerk does on the page, counted: each act is a click or a key."""

    screen: Screen
    acts: list[str] = field(default_factory=list)

    def press(self, name: str) -> None:
        """One act: the button of this name."""
        self.acts.append(name)
        self.screen.page.get_by_role("button", name=name, exact=True).click()

    def sees(self, text: str) -> None:
        """Wait for words on the page."""
        self.screen.page.get_by_text(text).first.wait_for()
