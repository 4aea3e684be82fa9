"""The face of who lies in a bed: frames in, one comparison out. Nothing of a picture is kept.

Of a frame the largest face alone is cut out; the others are only counted. It is compared with the
template of the person who was admitted, and with nobody else's (1:1).
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

import numpy as np
from sqlalchemy import Connection, text

from models.errors import FrameRefused, ImageRefused
from models.images import decode
from models.types import Crops, Face, Floats, Image, Observation
from verifier.identity import templates
from verifier.identity.templates import NoTemplate
from verifier.matching import embedding
from verifier.protocol.values import Consent, b64url
from verifier.shifts.month import CHINA
from verifier.trust.keys import KeyRing

from . import answers, attesting, looks
from .answers import Given
from .attesting import Attested, Said
from .errors import PresenceRefused
from .looks import Entering, Held
from .room import Room
from .rules import Found

MAX_BYTES: Final = 600_000
MAX_PIXELS: Final = 1_000_000
FRAMES: Final = 3
"""Good frames that make one comparison."""
CLEAR: Final = 0.1
"""Cosine beyond the threshold, either way, from which a score is called clear or far."""


class Seeing(Protocol):
    """What is asked of a model pack (`models.engine.FaceEngine`)."""

    def observe(self, image: Image) -> Observation:
        """Faces, the largest one, its quality."""

    def align(self, image: Image, face: Face) -> Image:
        """uint8 (112, 112, 3) BGR."""

    def embed(self, crops: Crops, mirror: bool = False) -> Floats:
        """Unit rows."""


@dataclass(frozen=True, eq=False)
class Sight:
    """What one frame shows.

    Attributes:
        code: what is to be mended, a code of `models.quality`; empty where nothing is.
        crop: the largest face, aligned; None where something is to be mended.
    """

    code: str
    crop: Image | None = field(default=None, repr=False)


def seen(seeing: Seeing, data: bytes) -> Sight:
    """Judge one frame. Raises `PresenceRefused` with `presence.face_unfit` for no picture."""
    try:
        image = decode(data, max_bytes=MAX_BYTES, max_pixels=MAX_PIXELS)
        found = seeing.observe(image)
    except (ImageRefused, FrameRefused):
        raise PresenceRefused("presence.face_unfit") from None
    if found.face is None or found.quality is None:
        return Sight("no_face")
    if found.quality.reasons:
        return Sight(found.quality.reasons[0])
    return Sight("", seeing.align(image, found.face))


@dataclass(frozen=True, eq=False)
class Probe:
    """The face before the camera: a unit vector (D,), and what its crops are known again by."""

    vector: Floats = field(repr=False)
    keys: tuple[str, ...]


def probe(seeing: Seeing, keyring: KeyRing, frames: Sequence[bytes]) -> Probe:
    """One vector from good frames. Raises `PresenceRefused` with `presence.face_unfit` where they
    are not all good, too few, too many, or pixel for pixel the same."""
    if len(frames) != FRAMES:
        raise PresenceRefused("presence.face_unfit")
    crops = [seen(seeing, frame).crop for frame in frames]
    good = [crop for crop in crops if crop is not None]
    keys = tuple(_key(keyring, crop) for crop in good)
    if len(set(keys)) != FRAMES:
        raise PresenceRefused("presence.face_unfit")
    return Probe(embedding.probe_of(seeing.embed(np.stack(good))), keys)


@dataclass(frozen=True)
class Allowed:
    """That a face may be compared now: the held stay, the consent, what the staff attest."""

    now: Held
    given: Given
    attested: Attested


def allowed(conn: Connection, room: Room, stay: str, said: Said, at: datetime) -> Allowed:
    """Whether a face may be compared now; asked before a frame is looked at, and again after.

    Raises `PresenceRefused`: why nobody looks in now; `presence.no_consent`, `presence.no_face`,
    `presence.face_once`; and what the staff have to attest.
    """
    now = looks.held(conn, room, stay, at)
    looks.refuse_unless_now(now)
    if any(_was_face(entry.found, entry.at, at) for entry in now.all):
        raise PresenceRefused("presence.face_once")
    person = now.lying.person
    if room.purpose is None or person is None or not answers.has_face(conn, room, person, at):
        raise PresenceRefused("presence.no_face")
    given = answers.current(conn, room, now.lying, hold=True)
    if given is None or given.answer != "yes" or not room.covers(given.notice_version, at):
        raise PresenceRefused("presence.no_consent")
    mine, first = room.institution, now.bed.first
    return Allowed(
        now, given, attesting.attested(conn, mine, now.lying, said, first=first, face=True)
    )


def compare(
    conn: Connection, room: Room, stay: str, probe_: Probe, said: Said, by: str, at: datetime
) -> Found:
    """Compare once a day at most, and enter what came out: `FACE`, or `UNSURE`, which says nothing
    of anybody. The first check of a stay needs wristband and codes as well.

    Raises `PresenceRefused`: as `allowed`, and `presence.face_unfit` for pixels that were judged
    before.
    """
    may = allowed(conn, room, stay, said, at)
    now, given = may.now, may.given
    _refuse_seen(conn, probe_.keys, at)
    score, template = _score(conn, room, given.person, probe_.vector)
    verify = room.purpose.verify if room.purpose else None
    assert verify is not None  # noqa: S101  (`_score` refused)
    found = Found.FACE if score >= verify.cosine else Found.UNSURE
    evidence = may.attested.body | {
        "band": band(score, verify.cosine),
        "fmr": verify.fmr,
        "extrapolated": verify.extrapolated,
        "calibration": room.decided.calibration,
        "policy": room.decided.policy_digest,
        "answer": given.id,
        "notice": given.notice_version,
        "template": template,
        "frames": FRAMES,
        "liveness": "not_assessed",
    }
    looks.written(conn, room, now, Entering(found), evidence, by, at)
    return found


def band(score: float, threshold: float) -> str:
    """A score in words, since its number would tell more of a face than is needed."""
    if score >= threshold:
        return "clear" if score >= threshold + CLEAR else "above"
    return "below" if score >= threshold - CLEAR else "far"


def _was_face(found: str, then: datetime, at: datetime) -> bool:
    same_day = then.astimezone(CHINA).date() == at.astimezone(CHINA).date()
    return found in (Found.FACE, Found.UNSURE) and same_day


def _score(conn: Connection, room: Room, person: str, vector: Floats) -> tuple[float, str]:
    template = templates.for_decision(conn, room.keyring, room.gallery, person)
    if isinstance(template, NoTemplate) or room.purpose is None:
        raise PresenceRefused("presence.no_face")
    if template.linked_group is not None or template.consent_kind == Consent.GUARDIAN:
        raise PresenceRefused("presence.no_face")
    turned = templates.rotate(room.gallery.secrets, vector)
    return embedding.cosine(turned, template.vector), template.id


_SEEN = text("SELECT 1 FROM seen_crops WHERE crop_key = ANY(:keys) LIMIT 1")
_REMEMBER = text(
    "INSERT INTO seen_crops (crop_key, seen_at) SELECT unnest(CAST(:keys AS text[])), :at "
    "ON CONFLICT DO NOTHING"
)


def _refuse_seen(conn: Connection, keys: Sequence[str], at: datetime) -> None:
    bound = {"keys": list(keys), "at": at}
    if conn.execute(_SEEN, bound).one_or_none() is not None:
        raise PresenceRefused("presence.face_unfit")
    conn.execute(_REMEMBER, bound)


def _key(keyring: KeyRing, crop: Image) -> str:
    return b64url(hmac.digest(keyring.crop_key(), crop.tobytes(), hashlib.sha256))
