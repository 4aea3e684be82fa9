"""The default pack on real faces: crops, embeddings and decisions through the whole verifier."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.calibration import Calibration
from models.engine import FaceEngine, load_engine
from models.fetch import fetch
from models.types import Crops, Floats, Image
from verifier.identity import consents, templates
from verifier.identity.galleries import Gallery, open_gallery
from verifier.policy.load import load_policy, parse, shipped
from verifier.protocol.claim import Capture, Crop, Evidence, Narrowing, pack_vector
from verifier.protocol.values import Assurance, Consent, Outcome, now
from verifier.store.database import Database
from verifier.trust.keys import KeyRing

from ..fixtures import INSTITUTION
from .his_feed import Feeder, item
from .hospital import NOTICE, Hospital, Person, card, invent, open_hospital, png


@dataclass(frozen=True, eq=False)
class Sitter:
    """Somebody of the sample picture: enrolled as they stand there, seen as a camera sees them."""

    person: Person
    enrolled: Image
    seen: Image


@pytest.fixture(scope="session")
def engine() -> FaceEngine:
    fetch()
    return load_engine()


@pytest.fixture(scope="session")
def sitters(engine: FaceEngine, sample_picture: Path) -> list[Sitter]:
    """The six faces; the probe is another rendering: smaller, darker, blurred, turned, noisy."""
    picture = np.asarray(cv2.imread(str(sample_picture)), np.uint8)
    other = _another_look(picture)
    seen = {_middle(face.box): face for face in engine.detect(other)}
    found = []
    for number, face in enumerate(engine.detect(picture)):
        turned = _turned(_middle(face.box), picture.shape)
        again = min(seen.items(), key=lambda item: np.hypot(*(np.array(item[0]) - turned)))[1]
        person = invent(number + 1, "张三" if number else "李四")
        found.append(Sitter(person, engine.align(picture, face), engine.align(other, again)))
    return found


ANGLE, SHRUNK = 7.0, 0.6


def _another_look(picture: Image) -> Image:
    height, width = picture.shape[:2]
    small = cv2.resize(picture, None, fx=SHRUNK, fy=SHRUNK, interpolation=cv2.INTER_AREA)
    size = (small.shape[1], small.shape[0])
    turn = cv2.getRotationMatrix2D((size[0] / 2, size[1] / 2), ANGLE, 1.0)
    turned = cv2.warpAffine(small, turn, size, borderMode=cv2.BORDER_REFLECT)
    lit = cv2.GaussianBlur(turned, (0, 0), 0.8).astype(np.float32) * 0.75
    noise = np.random.default_rng(7).normal(0, 3, lit.shape)
    assert (height, width) == picture.shape[:2]
    return np.clip(lit + noise, 0, 255).astype(np.uint8)


def _turned(point: tuple[float, float], shape: tuple[int, ...]) -> Floats:
    size = (round(shape[1] * SHRUNK), round(shape[0] * SHRUNK))
    turn = cv2.getRotationMatrix2D((size[0] / 2, size[1] / 2), ANGLE, 1.0)
    return np.asarray(turn @ [point[0] * SHRUNK, point[1] * SHRUNK, 1.0], np.float32)


def _middle(box: tuple[float, float, float, float]) -> tuple[float, float]:
    return box[0] + box[2] / 2, box[1] + box[3] / 2


@pytest.fixture
def real(database: Database, keyring: KeyRing, institution: str, engine: FaceEngine):  # type: ignore[no-untyped-def]
    """A verifier with the default pack and its calibration."""
    with database.app.begin() as conn:
        gallery = open_gallery(conn, keyring, institution, engine.pack)
    calibration = Calibration.load(engine.pack.name)
    parts = {"embedder": engine, "calibration": calibration}
    with open_hospital(database, keyring, gallery, **parts) as hospital:
        yield hospital


def enrol(hospital: Hospital, engine: FaceEngine, sitter: Sitter) -> None:
    person = hospital.register(sitter.person)
    gallery: Gallery = hospital.gallery
    with hospital.database.app.begin() as conn:
        consent = consents.record(
            conn,
            INSTITUTION,
            person,
            kind=Consent.SEPARATE,
            notice_version=NOTICE,
            given_at=now(),
            evidence="form 1",
        )
        vectors = engine.embed(sitter.enrolled[None], mirror=True)
        templates.enrol(conn, hospital.keyring, gallery, person, consent, vectors, 0.9)


def look(engine: FaceEngine, crop: Image) -> Capture:
    """What an honest terminal sends of this crop."""
    crops: Crops = crop[None]
    vector = engine.embed(crops)[0]
    return Capture(
        pack=engine.pack.name,
        pack_digest=engine.pack.digest,
        camera="cam",
        simulated=True,
        captured_at=now(),
        crops=[Crop(png=png(crop), embedding=pack_vector(vector.tolist()), quality=0.9)],
    )


def test_everybody_is_accepted_under_their_own_card_and_rejected_under_anothers(
    real: Hospital, engine: FaceEngine, sitters: list[Sitter]
) -> None:
    assert len(sitters) == 6
    for sitter in sitters:
        enrol(real, engine, sitter)
    terminal = real.terminal()
    for sitter, other in zip(sitters, sitters[1:] + sitters[:1], strict=True):
        own = look(engine, sitter.seen)
        answer = terminal.decide(Evidence(reading=card(sitter.person), capture=own))
        assert answer.decision.outcome is Outcome.ACCEPTED
        assert answer.decision.assurance is Assurance.CARD_FACE
        theirs = look(engine, cv2.convertScaleAbs(sitter.seen, alpha=1.02))
        answer = terminal.decide(Evidence(reading=card(other.person), capture=theirs))
        assert answer.decision.outcome is Outcome.REJECTED


def test_a_person_without_a_card_is_found_and_a_stranger_is_not(
    real: Hospital, engine: FaceEngine, sitters: list[Sitter]
) -> None:
    known, stranger = sitters[0], sitters[1]
    enrol(real, engine, known)
    terminal = real.terminal()
    asked = Narrowing(last_four=known.person.number[-4:])
    for sitter, answer in ((known, "match"), (stranger, "no_match")):
        evidence = Evidence(narrowing=asked, capture=look(engine, sitter.seen))
        decision = terminal.decide(evidence, "outpatient_registration").decision
        assert decision.identification is not None
        assert decision.identification.answer == answer


def test_without_a_card_only_who_is_expected_is_searched_for(
    database: Database,
    keyring: KeyRing,
    institution: str,
    engine: FaceEngine,
    sitters: list[Sitter],
) -> None:
    """A HIS tells of some; the others, though enrolled, are found by nobody without their card."""
    table = load_policy(shipped("demo")).policy.model_dump()
    table["purposes"]["outpatient_registration"]["identify"]["narrowing"] = ["expected"]
    with database.app.begin() as conn:
        gallery = open_gallery(conn, keyring, institution, engine.pack)
    parts = {
        "embedder": engine,
        "calibration": Calibration.load(engine.pack.name),
        "policy": parse(table),
    }
    with open_hospital(database, keyring, gallery, **parts) as real:
        for sitter in sitters:
            enrol(real, engine, sitter)
        told = [item(each.person, f"A-{place}") for place, each in enumerate(sitters[:3])]
        Feeder(real).put("appointments", *told)
        terminal = real.terminal()
        for place, sitter in enumerate(sitters):
            seen = Evidence(capture=look(engine, sitter.seen))
            decision = terminal.decide(seen, "outpatient_registration").decision
            found = decision.identification
            assert found is not None
            assert (found.searched, found.gallery, found.narrowed_by) == (3, 6, "expected")
            assert found.answer == ("match" if place < 3 else "no_match")


def test_an_embedding_of_a_slightly_other_picture_does_not_belong_to_the_crop(
    real: Hospital, engine: FaceEngine, sitters: list[Sitter]
) -> None:
    """The tolerance leaves no room for another picture even of the same person."""
    sitter = sitters[0]
    honest = look(engine, sitter.seen)
    embedding = look(engine, sitter.enrolled).crops[0].embedding
    crop = honest.crops[0].model_copy(update={"embedding": embedding})
    forged = honest.model_copy(update={"crops": [crop]})
    terminal = real.terminal()
    evidence = Evidence(reading=card(sitter.person), capture=forged)
    assert terminal.refused(evidence) == "capture.embedding_mismatch"


def test_another_provider_of_the_same_pack_agrees_within_the_tolerance(
    engine: FaceEngine, sitters: list[Sitter]
) -> None:
    pytest.importorskip("openvino")
    crops = np.stack([sitter.seen for sitter in sitters])
    one = load_engine(provider="onnxruntime").embed(crops)
    other = load_engine(provider="openvino").embed(crops)
    from verifier.matching.embedding import refuse_unless_they_agree

    refuse_unless_they_agree(one, other)
