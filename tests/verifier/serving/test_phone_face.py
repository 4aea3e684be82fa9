"""A face from a physician's own phone: consent, real detection and embedding, and the window."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.engine import FaceEngine
from models.types import Image
from verifier.protocol.phone_claim import PhoneChallenge
from verifier.protocol.practice import CheckedIn, check_practice_receipt
from verifier.protocol.values import new_id
from verifier.trust import terminal_states
from verifier.trust.terminal_states import State

from ..fixtures import INSTITUTION
from ..practice import clinic
from ..practice.clinic import Doctor
from .hospital import Hospital
from .phone_faces import NOTICE, around, ask, claim, consent, face, frames, send
from .phones import Phone, at_site, enrolled, shown
from .test_claims_by_real_models import Sitter, engine, enrol, real, sitters

__all__ = ["engine", "real", "sitters"]
STEP = timedelta(seconds=31)


@dataclass
class Ward:
    """A physician of the sample picture with a phone, and the picture of everybody."""

    hospital: Hospital
    phone: Phone
    hua: Doctor
    own: Image
    others: Image
    crowd: Image
    code: str


@pytest.fixture
def ward(real: Hospital, engine: FaceEngine, sitters: list[Sitter], sample_picture: Path) -> Ward:
    picture = np.asarray(cv2.imread(str(sample_picture)), np.uint8)
    faces = engine.detect(picture)
    enrol(real, engine, sitters[0])
    with real.database.app.begin() as conn:
        clinic.build(conn, INSTITUTION)
        hua = clinic.practises(conn, INSTITUTION, real.register(sitters[0].person))
        clinic.shift(conn, INSTITUTION, hua, real.clock() - timedelta(hours=1), 6)
    east = at_site(real, "east")
    phone = enrolled(real, hua.person, east)
    real.clock.ahead += STEP
    own, others = (around(picture, faces[number].box) for number in (0, 1))
    crowd = cv2.resize(picture, (320, round(320 * picture.shape[0] / picture.shape[1])))
    return Ward(real, phone, hua, own, others, np.asarray(crowd), str(shown(east)["code"]))


def code_of(answer: object) -> str:
    return str(answer.json()["code"])  # type: ignore[attr-defined]


def entered(ward: Ward, receipt: str) -> CheckedIn:
    return ward.phone.check(site_code=ward.code, receipt_id=receipt)


def test_after_the_consent_the_holder_s_face_confirms_the_window(ward: Ward) -> None:
    state = ward.phone.state().face
    assert state is not None
    assert (state.agreed, state.notice_version) == (False, NOTICE)
    assert consent(ward.phone).json()["face"]["agreed"] is True
    answer = face(ward.phone, frames(ward.own))
    assert answer.status_code == 200, answer.text
    decision = answer.json()["decision"]
    assert (decision["outcome"], decision["assurance"]) == ("accepted", "face")
    assert decision["liveness"] == "not_assessed"
    opened = entered(ward, answer.json()["receipt_id"])
    assert (opened.outcome, opened.identity) == ("confirmed", "proved")
    receipt = check_practice_receipt(
        opened.receipt or "", ward.hospital.keyring.jwks(), audience=INSTITUTION,
        at=ward.hospital.clock(),
    )  # fmt: skip
    assert (receipt.way, receipt.source, receipt.liveness) == ("face", "phone", "not_assessed")
    window = ward.phone.state().window
    assert window is not None
    assert (window.state, window.way, window.source) == ("confirmed", "face", "phone")
    assert entered(ward, answer.json()["receipt_id"]).window == opened.window


def test_another_s_face_opens_nothing(ward: Ward) -> None:
    consent(ward.phone)
    answer = face(ward.phone, frames(ward.others)).json()
    assert answer["decision"]["outcome"] == "rejected"
    opened = entered(ward, answer["receipt_id"])
    assert (opened.outcome, opened.identity) == ("retry", "not_proved")
    assert ward.hospital.count("practice_windows") == 0
    assert ward.phone.check(site_code=ward.code).outcome == "provisional", "the way without a face"


def test_without_a_consent_no_question_is_asked_and_the_way_without_stays(ward: Ward) -> None:
    assert code_of(ask(ward.phone)) == "legal_basis.missing"
    assert ward.phone.check(site_code=ward.code).outcome == "provisional"


def test_a_consent_is_withdrawn_at_once_also_under_an_open_question(ward: Ward) -> None:
    consent(ward.phone)
    asked = PhoneChallenge.model_validate_json(ask(ward.phone).content)
    assert consent(ward.phone, agree=False).json()["face"]["agreed"] is False
    refused = send(ward.phone, claim(ward.phone, asked, frames(ward.own)))
    assert code_of(refused) == "legal_basis.missing"
    assert code_of(ask(ward.phone)) == "legal_basis.missing"
    kinds = "kind = 'consent.phone_withdrawn'"
    assert ward.hospital.count("ledger", kinds) == 1
    assert ward.hospital.count("consents", "kind = 'phone' AND withdrawn_at IS NOT NULL") == 1
    assert ward.hospital.count("templates") == 1, "the enrolment is another consent's"
    assert consent(ward.phone, notice="phone-2020-01").status_code == 403
    assert consent(ward.phone).status_code == 200


def test_pictures_that_were_seen_before_are_refused(ward: Ward) -> None:
    consent(ward.phone)
    taken = frames(ward.own)
    assert face(ward.phone, taken).status_code == 200
    assert code_of(face(ward.phone, taken)) == "capture.injected"
    assert code_of(face(ward.phone, taken[:1] * 3)) == "capture.injected"


def test_each_picture_shows_exactly_one_face(ward: Ward) -> None:
    consent(ward.phone)
    empty = np.full((240, 240, 3), 127, np.uint8)
    for picture in (empty, ward.crowd):
        assert code_of(face(ward.phone, frames(picture))) == "capture.not_one_face"
    large = cv2.resize(ward.own, (400, 400))
    assert code_of(face(ward.phone, frames(np.asarray(large)))) == "capture.undecodable"


def test_the_same_claim_again_is_the_same_decision_and_another_spends_nothing(ward: Ward) -> None:
    consent(ward.phone)
    asked = PhoneChallenge.model_validate_json(ask(ward.phone).content)
    compact = claim(ward.phone, asked, frames(ward.own))
    first, again = (send(ward.phone, compact).json() for _ in "12")
    assert first["receipt_id"] == again["receipt_id"]
    other = claim(ward.phone, asked, frames(ward.own, seed=2))
    assert code_of(send(ward.phone, other)) == "challenge.spent"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"aud": "H99999999999"}, "claim.wrong_audience"),
        ({"visit": new_id()}, "challenge.mismatch"),
        ({"purpose": "settlement"}, "purpose.unknown"),
        ({"notice_version": "phone-2020-01"}, "legal_basis.notice_unknown"),
        ({"evidence": "a.b.c.d.e"}, "evidence.unreadable"),
        ({"challenge": new_id()}, "challenge.unknown"),
        ({"terminal": new_id()}, "claim.signature_invalid"),
    ],
)
def test_a_claim_that_says_something_else_is_refused(
    ward: Ward, said: dict[str, str], code: str
) -> None:
    consent(ward.phone)
    assert code_of(face(ward.phone, frames(ward.own), **said)) == code


def test_a_revoked_phone_s_face_is_not_judged(ward: Ward) -> None:
    consent(ward.phone)
    asked = PhoneChallenge.model_validate_json(ask(ward.phone).content)
    with ward.hospital.database.app.begin() as conn:
        terminal_states.change(conn, INSTITUTION, ward.phone.id, State.REVOKED)
    refused = send(ward.phone, claim(ward.phone, asked, frames(ward.own)))
    assert code_of(refused) == "terminal.suspended"


def test_no_picture_is_kept(ward: Ward) -> None:
    consent(ward.phone)
    face(ward.phone, frames(ward.own))
    assert ward.hospital.count("seen_crops") == 3
    assert ward.hospital.count("decisions", "position('iVBOR' IN body::text) > 0") == 0
