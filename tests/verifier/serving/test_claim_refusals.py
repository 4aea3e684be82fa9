"""What is refused, in which order, and what stays of it."""

from datetime import timedelta
from typing import Any

import cv2
import numpy as np
import pytest

from verifier.identity.galleries import Gallery
from verifier.protocol import jose
from verifier.protocol.claim import Capture, Claim, Evidence, pack_vector
from verifier.protocol.values import Consent, b64url, from_b64url, new_id
from verifier.store.database import Database
from verifier.trust import terminal_states
from verifier.trust.keys import KeyRing
from verifier.trust.terminal_states import State

from ..fixtures import INSTITUTION
from .hospital import (
    CHILD,
    NO_FACE,
    NOTICE,
    Face,
    Hospital,
    Terminal,
    basis,
    capture,
    card,
    crop_of,
    faceless,
    invent,
    open_hospital,
    png,
    visit_of,
)

ZHANG = invent(1)


GARBAGE = "this is no sealed evidence"


def test_a_claim_without_legal_basis_is_refused_while_its_evidence_is_still_closed(
    hospital: Hospital, terminal: Terminal
) -> None:
    assert terminal.refused(GARBAGE, legal_basis=None) == "legal_basis.missing"
    assert hospital.embedder.calls == 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"legal_basis": basis(notice="1999-01")}, "legal_basis.notice_unknown"),
        ({"aud": "H00000000001"}, "claim.wrong_audience"),
        ({"mode": "on_device"}, "claim.mode_mismatch"),
        ({"visit": "A" * 22}, "challenge.mismatch"),
        ({}, "evidence.unreadable"),
    ],
)
def test_terms_are_judged_before_evidence_is_opened(
    terminal: Terminal, changes: dict[str, Any], code: str
) -> None:
    assert terminal.refused(GARBAGE, **changes) == code


def test_a_claim_for_another_purpose_than_its_challenge_is_refused(terminal: Terminal) -> None:
    compact = terminal.sign(terminal.challenge("settlement"), GARBAGE, purpose="dispensing")
    assert terminal.send(compact).json()["code"] == "challenge.mismatch"


def test_a_refusal_after_the_challenge_was_spent_is_stored_and_answered_again(
    hospital: Hospital, terminal: Terminal
) -> None:
    compact = terminal.sign(terminal.challenge(), GARBAGE, legal_basis=None)
    first, second = terminal.send(compact), terminal.send(compact)
    assert first.status_code == second.status_code == 403
    assert first.json() == second.json()
    assert hospital.count("decisions", "outcome = 'refused'") == 1
    assert hospital.count("ledger", "kind = 'claim.refused'") == 1
    assert hospital.count("receipts") == 0
    assert hospital.count("terminals", f"last_counter = {terminal.counter}") == 1


def test_a_bad_signature_leaves_no_row_and_is_counted(
    hospital: Hospital, terminal: Terminal
) -> None:
    challenge = terminal.challenge()
    terminal.key = hospital.terminal().key
    answer = terminal.send(terminal.sign(challenge, faceless(ZHANG)))
    assert (answer.status_code, answer.json()["code"]) == (401, "claim.signature_invalid")
    assert hospital.count("decisions") == 0
    assert hospital.count("challenges", "state = 'open'") == 1
    counted = hospital.http.get("/metrics").text
    assert 'shualian_bad_signatures_total{source="127.0.0.1"} 1.0' in counted


def test_a_claim_signed_in_anothers_name_is_refused(hospital: Hospital, terminal: Terminal) -> None:
    other = hospital.terminal()
    compact = terminal.sign(other.challenge(), faceless(ZHANG), terminal=other.id)
    header, payload, _ = compact.split(".")
    renamed = jose.sign(
        jose.CLAIM, terminal.id, Claim.model_validate_json(from_b64url(payload)).model_dump_json()
        .encode(), terminal.key,
    )  # fmt: skip
    assert header
    assert terminal.send(renamed).json()["code"] == "claim.signature_invalid"


def test_anothers_challenge_is_unknown_to_this_terminal(
    hospital: Hospital, terminal: Terminal
) -> None:
    others = hospital.terminal().challenge()
    answer = terminal.send(terminal.sign(others, faceless(ZHANG)))
    assert answer.json()["code"] == "challenge.unknown"
    assert hospital.count("challenges", "state = 'open'") == 1


def test_a_claim_over_an_invented_challenge_is_refused(terminal: Terminal) -> None:
    challenge = terminal.challenge().model_copy(update={"challenge": new_id()})
    assert terminal.send(terminal.sign(challenge, GARBAGE)).json()["code"] == "challenge.unknown"


def test_another_claim_over_a_spent_challenge_is_refused(
    hospital: Hospital, terminal: Terminal
) -> None:
    challenge = terminal.challenge()
    assert terminal.send(terminal.sign(challenge, faceless(ZHANG))).status_code == 200
    again = terminal.send(terminal.sign(challenge, faceless(ZHANG)))
    assert (again.status_code, again.json()["code"]) == (409, "challenge.spent")
    assert hospital.count("decisions") == 1


def test_a_challenge_that_a_newer_one_replaced_is_refused(
    hospital: Hospital, terminal: Terminal
) -> None:
    old = terminal.challenge()
    terminal.challenge()
    answer = terminal.send(terminal.sign(old, faceless(ZHANG)))
    assert answer.json()["code"] == "challenge.superseded"
    assert hospital.count("challenges", "state = 'open'") == 1


def test_an_expired_challenge_is_refused_by_the_verifiers_own_clock(
    hospital: Hospital, terminal: Terminal
) -> None:
    challenge = terminal.challenge()
    compact = terminal.sign(challenge, faceless(ZHANG))
    hospital.clock.ahead = timedelta(seconds=121)
    assert terminal.send(compact).json()["code"] == "challenge.expired"
    hospital.clock.ahead = timedelta()
    assert terminal.send(compact).json()["code"] == "challenge.expired", (
        "spent, and refused for good"
    )


def test_a_challenge_still_counts_a_second_before_it_expires(
    hospital: Hospital, terminal: Terminal
) -> None:
    challenge = terminal.challenge()
    hospital.clock.ahead = timedelta(seconds=118)
    assert terminal.send(terminal.sign(challenge, faceless(ZHANG))).status_code == 200


@pytest.mark.parametrize("step", [0, -1])
def test_a_counter_that_does_not_grow_is_a_copied_key(terminal: Terminal, step: int) -> None:
    terminal.counter = 41
    terminal.decide(faceless(ZHANG))
    assert terminal.refused(faceless(ZHANG), counter=42 + step) == "terminal.clone_suspected"
    assert terminal.ask().json()["code"] == "terminal.suspended"


def test_a_suspended_terminal_is_refused_at_once_though_its_key_is_remembered(
    hospital: Hospital, terminal: Terminal
) -> None:
    challenge = terminal.challenge()
    with hospital.database.app.begin() as conn:
        assert terminal_states.change(conn, INSTITUTION, terminal.id, State.SUSPENDED)
    answer = terminal.send(terminal.sign(challenge, faceless(ZHANG)))
    assert (answer.status_code, answer.json()["code"]) == (403, "terminal.suspended")


def test_a_purpose_that_the_terminal_lost_is_refused(
    hospital: Hospital, terminal: Terminal
) -> None:
    challenge = terminal.challenge("dispensing")
    with hospital.database.app.begin() as conn:
        conn.exec_driver_sql("UPDATE terminals SET purposes = '[\"settlement\"]'")
    assert terminal.send(terminal.sign(challenge, GARBAGE)).json()["code"] == "purpose.unknown"


def test_evidence_sealed_to_another_key_cannot_be_opened(terminal: Terminal) -> None:
    sealed = faceless(ZHANG).sealed(KeyRing.new().seal_key)
    assert terminal.refused(sealed) == "evidence.unreadable"


def test_evidence_of_another_form_is_malformed(hospital: Hospital, terminal: Terminal) -> None:
    sealed = jose.seal(b'{"reading":{"kind":"library_card"}}', hospital.keyring.seal_key)
    assert terminal.refused(sealed) == "evidence.malformed"


@pytest.mark.parametrize(
    "fields",
    [{"number": ""}, {"number": "990101198001011234"}, {"valid_to": "tomorrow"}],
)
def test_a_card_that_no_reader_gives_is_malformed(
    terminal: Terminal, fields: dict[str, str]
) -> None:
    evidence = Evidence(reading=card(ZHANG, fields=fields))
    assert terminal.refused(evidence) == "evidence.malformed"


def test_neither_card_nor_face_is_refused(terminal: Terminal) -> None:
    assert terminal.refused(Evidence()) == "evidence.empty"


def test_a_face_of_somebody_who_declined_is_refused_before_it_is_decoded(
    hospital: Hospital, terminal: Terminal
) -> None:
    code = terminal.refused(visit_of(ZHANG), legal_basis=basis(NO_FACE))
    assert code == "legal_basis.contradiction"
    assert hospital.embedder.calls == 0
    assert hospital.count("seen_crops") == 0


@pytest.mark.parametrize("consent", [Consent.SEPARATE, Consent.STANDING])
def test_a_childs_face_needs_a_guardian(
    hospital: Hospital, terminal: Terminal, consent: Consent
) -> None:
    code = terminal.refused(visit_of(CHILD), legal_basis=basis(consent))
    assert code == "legal_basis.guardian_missing"
    assert hospital.embedder.calls == 0


def test_a_child_without_a_face_needs_no_guardian(terminal: Terminal) -> None:
    answer = terminal.decide(faceless(CHILD), legal_basis=basis(NO_FACE))
    assert answer.decision.outcome == "accepted"


@pytest.mark.parametrize("part", ["reading", "capture"])
def test_simulated_evidence_is_refused_outside_the_demo(
    database: Database, keyring: KeyRing, gallery: Gallery, part: str
) -> None:
    evidence = Evidence(
        reading=card(ZHANG, simulated=part == "reading"),
        capture=capture(ZHANG.face, simulated=part == "capture"),
    )
    with open_hospital(database, keyring, gallery, demo=False) as hospital:
        assert hospital.terminal().refused(evidence) == "evidence.simulated"
        assert hospital.embedder.calls == 0


def test_no_face_enters_a_verifier_that_leaves_faces_on_the_device(
    database: Database, keyring: KeyRing, gallery: Gallery
) -> None:
    with open_hospital(database, keyring, gallery, mode="on_device") as hospital:
        terminal = hospital.terminal()
        assert terminal.refused(visit_of(ZHANG), mode="on_device") == "claim.mode_mismatch"
        assert hospital.embedder.calls == 0
        assert terminal.decide(faceless(ZHANG), mode="on_device").decision.outcome == "accepted"


def test_another_model_pack_is_refused(terminal: Terminal) -> None:
    other = capture(ZHANG.face, pack_digest="B" * 43)
    assert terminal.refused(Evidence(reading=card(ZHANG), capture=other)) == "capture.pack_mismatch"


def with_png(text: str) -> Capture:
    crop = crop_of(ZHANG.face.crop()).model_copy(update={"png": text})
    return capture(ZHANG.face, crops=1).model_copy(update={"crops": [crop]})


def _pngs() -> dict[str, str]:
    picture = ZHANG.face.crop()
    whole = cv2.imencode(".png", picture)[1].tobytes()
    lying = bytearray(whole)
    lying[16:20] = (60_000).to_bytes(4, "big")
    return {
        "nothing": "",
        "noise": b64url(b"\x89PNG\r\n\x1a\n" + bytes(40)),
        "lossy": b64url(cv2.imencode(".jpg", picture)[1].tobytes()),
        "too small": png(picture[:111]),
        "too large": png(np.tile(picture, (2, 1, 1))),
        "altered": b64url(whole[:2000] + b"altered" + whole[2007:]),
        "cut": b64url(whole[:-30]),
        "lying about its size": b64url(bytes(lying)),
    }


@pytest.mark.parametrize("kind", sorted(_pngs()))
def test_a_crop_that_is_no_plain_picture_is_refused(
    hospital: Hospital, terminal: Terminal, kind: str
) -> None:
    evidence = Evidence(reading=card(ZHANG), capture=with_png(_pngs()[kind]))
    assert terminal.refused(evidence) == "capture.undecodable"
    assert hospital.embedder.calls == 0


def test_an_embedding_that_does_not_belong_to_its_crop_is_refused(
    hospital: Hospital, terminal: Terminal
) -> None:
    hospital.enrol(ZHANG)
    own, others = Face(9).crop(), ZHANG.face.crop()
    forged = capture(ZHANG.face).model_copy(update={"crops": [crop_of(own, claimed=others)]})
    evidence = Evidence(reading=card(ZHANG), capture=forged)
    assert terminal.refused(evidence) == "capture.embedding_mismatch"


@pytest.mark.parametrize(
    "vector",
    [[1.0], [0.0] * 128, [float("nan")] * 128, [float("inf")] * 128, [0.5] * 128, [1e30] * 128],
    ids=["short", "zero", "nan", "infinite", "not unit", "huge"],
)
def test_an_embedding_that_is_no_unit_vector_is_refused(
    terminal: Terminal, vector: list[float]
) -> None:
    crop = crop_of(ZHANG.face.crop()).model_copy(update={"embedding": pack_vector(vector)})
    forged = capture(ZHANG.face).model_copy(update={"crops": [crop]})
    evidence = Evidence(reading=card(ZHANG), capture=forged)
    assert terminal.refused(evidence) == "capture.embedding_mismatch"


def test_a_crop_that_was_judged_before_is_refused_as_injected(
    hospital: Hospital, terminal: Terminal
) -> None:
    evidence = visit_of(ZHANG)
    terminal.decide(evidence)
    assert terminal.refused(evidence) == "capture.injected"
    assert hospital.terminal().refused(evidence) == "capture.injected"


def test_the_same_pixels_in_another_file_are_injected_too(terminal: Terminal) -> None:
    picture = ZHANG.face.crop()
    crop = crop_of(picture)
    other = b64url(cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 0])[1].tobytes())
    first = capture(ZHANG.face).model_copy(update={"crops": [crop]})
    terminal.decide(Evidence(reading=card(ZHANG), capture=first))
    assert other != crop.png
    again = first.model_copy(update={"crops": [crop.model_copy(update={"png": other})]})
    evidence = Evidence(reading=card(ZHANG), capture=again)
    assert terminal.refused(evidence) == "capture.injected"


def test_one_crop_twice_in_a_capture_is_injected(terminal: Terminal) -> None:
    crop = crop_of(ZHANG.face.crop())
    twice = capture(ZHANG.face).model_copy(update={"crops": [crop, crop]})
    evidence = Evidence(reading=card(ZHANG), capture=twice)
    assert terminal.refused(evidence) == "capture.injected"


def test_a_refused_forgery_stays_seen(terminal: Terminal) -> None:
    picture = Face(9).crop()
    forged = capture(ZHANG.face).model_copy(
        update={"crops": [crop_of(picture, claimed=ZHANG.face.crop())]}
    )
    honest = capture(ZHANG.face).model_copy(update={"crops": [crop_of(picture)]})
    assert terminal.refused(Evidence(capture=forged)) == "capture.embedding_mismatch"
    assert terminal.refused(Evidence(capture=honest)) == "capture.injected"


def test_a_check_in_rests_on_the_staff_s_own_notice_and_a_settlement_never_does(
    hospital: Hospital,
) -> None:
    both = hospital.terminal(["settlement", "practice_check_in"])
    shown = {purpose: both.challenge(purpose).notice_version for purpose in both_purposes()}
    assert shown == {"settlement": NOTICE, "practice_check_in": "staff-2026-11"}
    for purpose, other in zip(shown, reversed(shown.values()), strict=True):
        changed = {"legal_basis": basis(notice=other)}
        assert both.refused(visit_of(ZHANG), purpose, **changed) == "legal_basis.notice_unknown"


def both_purposes() -> tuple[str, str]:
    return "settlement", "practice_check_in"
