"""A phone that takes its holder's face: real models on the drawn look of the sample's people."""

from datetime import UTC, datetime
from typing import Any

import cv2
import httpx
import numpy as np
from joserfc.jwk import ECKey

from models.types import Image
from verifier.protocol.phone_claim import PhoneCapture, PhoneChallenge, PhoneClaim, PhoneFrame

from .hospital import png
from .phones import PHONE, Phone

NOTICE = "phone-2026-11"


def around(picture: Image, box: tuple[float, float, float, float], side: int = 256) -> Image:
    """A square around one face, as a phone's page cuts it."""
    x, y, width, height = box
    half = 0.85 * max(width, height)
    middle = (x + width / 2, y + height / 2)
    scale = side / (2 * half)
    matrix = np.array(
        [[scale, 0, side / 2 - scale * middle[0]], [0, scale, side / 2 - scale * middle[1]]]
    )
    cut = cv2.warpAffine(picture, matrix, (side, side), borderValue=(128, 128, 128))
    return np.asarray(cut, np.uint8)


def frames(picture: Image, count: int = 3, seed: int = 1) -> list[PhoneFrame]:
    """The same view with a sensor's noise: never the same pixels twice."""
    random = np.random.default_rng(seed)
    made = []
    for number in range(count):
        noisy = np.clip(picture + random.normal(0, 3, picture.shape), 0, 255).astype(np.uint8)
        made.append(PhoneFrame(png=png(noisy), at_ms=number * 200))
    return made


def consent(phone: Phone, agree: bool = True, notice: str = NOTICE) -> httpx.Response:
    """Touch «agree», or take it back."""
    body = f'{{"agree":{str(agree).lower()},"notice_version":"{notice}"}}'.encode()
    return phone.post(f"{PHONE}/face-consents", body)


def ask(phone: Phone) -> httpx.Response:
    """For a question."""
    return phone.post(f"{PHONE}/challenges", b"")


def claim(phone: Phone, asked: PhoneChallenge, shown: list[PhoneFrame], **changes: Any) -> str:
    """A signed claim; `changes` replace its fields."""
    capture = PhoneCapture(captured_at=datetime.now(UTC), frames=shown)
    said: dict[str, Any] = {
        "aud": asked.institution,
        "terminal": phone.id,
        "challenge": asked.challenge,
        "visit": asked.visit,
        "purpose": "practice_check_in",
        "created_at": datetime.now(UTC),
        "notice_version": asked.notice_version,
        "touched_at": datetime.now(UTC),
        "evidence": capture.sealed(ECKey.import_key({**asked.seal_key})),
    }
    return PhoneClaim(**(said | changes)).signed(phone.key)


def send(phone: Phone, compact: str) -> httpx.Response:
    """Bring it."""
    headers = {"content-type": "application/jose"}
    return phone.http.post(f"{PHONE}/claims", content=compact.encode(), headers=headers)


def face(phone: Phone, shown: list[PhoneFrame], **changes: Any) -> httpx.Response:
    """One face from question to answer."""
    answer = ask(phone)
    assert answer.status_code == 200, answer.text
    asked = PhoneChallenge.model_validate_json(answer.content)
    return send(phone, claim(phone, asked, shown, **changes))
