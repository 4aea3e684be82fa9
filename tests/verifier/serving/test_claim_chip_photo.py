"""An ID card of somebody who never enrolled, and the photo on its chip: compared, kept nowhere."""

import pytest

from verifier.decision.facts import Reason
from verifier.protocol.claim import Crop, Evidence
from verifier.protocol.receipt import read_receipt
from verifier.protocol.values import Assurance, Outcome

from .hospital import Hospital, Terminal, capture, card, crop_of, invent

ZHANG, LI = invent(1), invent(2, "李四")
ADMISSION = "admission"


def with_chip(photo: Crop, **changes: object) -> Evidence:
    """Zhang's card, Zhang at the camera, this photo on the chip."""
    return Evidence(reading=card(ZHANG, **changes), capture=capture(ZHANG.face), chip_photo=photo)


def test_a_live_face_and_the_chips_photo_prove_a_card_of_nobody_enrolled(
    hospital: Hospital, terminal: Terminal
) -> None:
    answer = terminal.decide(with_chip(crop_of(ZHANG.face.crop())), ADMISSION)
    assert answer.decision.outcome is Outcome.ACCEPTED
    assert answer.decision.assurance is Assurance.CARD_CHIP_PHOTO
    assert answer.decision.reasons == [Reason.NOT_ENROLLED]
    assert answer.decision.enrolment_offered
    assert answer.decision.comparison is not None
    assert hospital.count("templates") == 0
    assert hospital.count("people") == 0


def test_the_same_photo_comes_at_every_visit_and_is_never_taken_for_injected(
    hospital: Hospital, terminal: Terminal
) -> None:
    photo = crop_of(ZHANG.face.crop())
    for _ in range(2):
        assert terminal.decide(with_chip(photo), ADMISSION).decision.outcome is Outcome.ACCEPTED
    assert hospital.count("seen_crops") == 2  # the two live looks


def test_anothers_photo_is_a_reason_to_look_and_no_rejection(
    hospital: Hospital, terminal: Terminal
) -> None:
    answer = terminal.decide(with_chip(crop_of(LI.face.crop())), ADMISSION)
    assert answer.decision.outcome is Outcome.REFER
    assert answer.decision.reasons == [Reason.CHIP_PHOTO_DIFFERS]
    assert {"counter", "self_pay_or_treat_first"} <= set(answer.decision.next_steps)


def test_who_is_enrolled_is_judged_by_the_template_alone(
    hospital: Hospital, terminal: Terminal
) -> None:
    hospital.enrol(ZHANG)
    answer = terminal.decide(with_chip(crop_of(LI.face.crop())), ADMISSION)
    assert answer.decision.assurance is Assurance.CARD_FACE


def test_the_photo_of_an_unproved_chip_counts_for_nothing(
    hospital: Hospital, terminal: Terminal
) -> None:
    photo = crop_of(ZHANG.face.crop())
    answer = terminal.decide(with_chip(photo, authenticated=False), ADMISSION)
    assert answer.decision.assurance is Assurance.CARD_UNAUTHENTICATED


def test_an_embedding_that_is_not_the_photos_is_refused(
    hospital: Hospital, terminal: Terminal
) -> None:
    forged = crop_of(LI.face.crop(), claimed=ZHANG.face.crop())
    refused = terminal.refused(with_chip(forged), ADMISSION)
    assert refused == "capture.embedding_mismatch"


@pytest.mark.parametrize("missing", ["reading", "capture"])
def test_a_chips_photo_without_its_card_or_a_live_face_is_malformed(missing: str) -> None:
    whole = with_chip(crop_of(ZHANG.face.crop()))
    with pytest.raises(ValueError, match="comes with its card"):
        Evidence(**{**dict(whole), missing: None})


def test_the_receipt_states_what_the_identity_rests_on(
    hospital: Hospital, terminal: Terminal
) -> None:
    answer = terminal.decide(with_chip(crop_of(ZHANG.face.crop())), ADMISSION)
    receipt = read_receipt(answer.receipt, hospital.keyring.jwks())
    assert receipt.assurance is Assurance.CARD_CHIP_PHOTO
