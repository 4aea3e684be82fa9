"""Claims, evidence and receipts keep their shapes, and say why they are refused."""

import struct
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OKPKey
from pydantic import ValidationError

from verifier.protocol import challenge, errors, jose
from verifier.protocol.claim import Claim, Crop, Evidence, Narrowing, claim_hash, pack_vector
from verifier.protocol.receipt import Receipt, ReceiptRefused, check_receipt
from verifier.protocol.values import Liveness, Outcome, b64url, from_b64url, new_id, now

TERMINAL = OKPKey.generate_key("Ed25519")
SEAL = OKPKey.generate_key("X25519", {"kid": "seal"})
RECEIPTS = ECKey.generate_key("P-256", {"kid": "r1"})
JWKS = {"keys": [RECEIPTS.as_dict(private=False)]}


def make_claim(**changes: object) -> Claim:
    values: dict[str, object] = {
        "aud": "H99990000001",
        "terminal": new_id(),
        "challenge": new_id(),
        "visit": new_id(),
        "purpose": "outpatient_registration",
        "mode": "central",
        "counter": 1,
        "previous": None,
        "created_at": now(),
        "evidence": Evidence(narrowing=Narrowing(last_four="123X")).sealed(SEAL),
    }
    return Claim.model_validate(values | changes)


def make_receipt(**changes: object) -> str:
    values: dict[str, object] = {
        "iss": "https://verifier.hospital.example",
        "aud": "H99990000001",
        "jti": new_id(),
        "iat": int(now().timestamp()),
        "exp": int(now().timestamp()) + 600,
        "sub": "s",
        "visit": "v" * 22,
        "his_visit": None,
        "purpose": "outpatient_registration",
        "outcome": Outcome.ACCEPTED,
        "reasons": [],
        "assurance": "card+face",
        "liveness": Liveness.NOT_ASSESSED,
        "fmr": 1e-4,
        "fpir": None,
        "calibration": "c",
        "simulated": False,
        "ledger_leaf": "A" * 43,
    }
    receipt = Receipt.model_validate(values | changes)
    return jose.sign(jose.RECEIPT, "r1", receipt.model_dump_json().encode(), RECEIPTS)


def test_a_claim_survives_the_wire() -> None:
    claim = make_claim()
    payload = jose.verify(jose.CLAIM, claim.signed(TERMINAL), {claim.terminal: TERMINAL}.get)
    assert Claim.parse(payload) == claim
    assert Evidence.unseal(claim.evidence, SEAL).narrowing == Narrowing(last_four="123X")


def test_the_hash_of_a_claim_is_of_its_bytes_on_the_wire() -> None:
    compact = make_claim().signed(TERMINAL)
    assert claim_hash(compact) != claim_hash(compact + "x")
    assert len(claim_hash(compact)) == 43


def test_a_claim_with_an_unknown_field_is_refused_without_telling_its_values() -> None:
    payload = make_claim().model_dump_json()[:-1] + ',"id_number":"991101199001011234"}'
    with pytest.raises(errors.Refused) as caught:
        Claim.parse(payload.encode())
    assert caught.value.code == "claim.malformed"
    assert "9911" not in str(caught.value)


def test_evidence_that_another_key_sealed_is_unreadable() -> None:
    sealed = Evidence().sealed(OKPKey.generate_key("X25519", {"kid": "seal"}))
    with pytest.raises(errors.Refused) as caught:
        Evidence.unseal(sealed, SEAL)
    assert caught.value.code == "evidence.unreadable"


def test_sealed_bytes_that_are_not_evidence_are_malformed() -> None:
    with pytest.raises(errors.Refused) as caught:
        Evidence.unseal(jose.seal(b'{"reading": 7}', SEAL), SEAL)
    assert caught.value.code == "evidence.malformed"


@given(st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=512))
def test_a_vector_survives_the_wire(values: list[float]) -> None:
    assert list(Crop(png="", embedding=pack_vector(values), quality=1).vector()) == values


@pytest.mark.parametrize("raw", [b"", b"abc", struct.pack("<1025f", *[0.0] * 1025)])
def test_bytes_that_are_no_vector_are_refused(raw: bytes) -> None:
    with pytest.raises(ValidationError):
        Crop(png="", embedding=b64url(raw), quality=1)


@given(st.binary(max_size=64))
def test_base64url_gives_its_bytes_back(data: bytes) -> None:
    assert from_b64url(b64url(data)) == data


@pytest.mark.parametrize("text", ["a+b/", "ab==", "a b", "é"])
def test_other_alphabets_are_not_base64url(text: str) -> None:
    with pytest.raises(ValueError, match="base64"):
        from_b64url(text)


def test_a_receipt_in_force_is_relied_on() -> None:
    assert check_receipt(make_receipt(), JWKS, audience="H99990000001", visit="v" * 22).sub == "s"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"outcome": "rejected"}, "receipt.not_accepted"),
        ({"outcome": "refer"}, "receipt.not_accepted"),
        ({"visit": "w" * 22}, "receipt.other_visit"),
        ({"aud": "H1"}, "receipt.wrong_audience"),
        ({"simulated": True}, "receipt.simulated"),
    ],
)
def test_a_receipt_that_must_not_be_relied_on_says_why(
    changes: dict[str, object], code: str
) -> None:
    with pytest.raises(ReceiptRefused) as caught:
        check_receipt(make_receipt(**changes), JWKS, audience="H99990000001", visit="v" * 22)
    assert caught.value.code == code


def test_a_receipt_expires() -> None:
    later = datetime.now(UTC) + timedelta(minutes=11)
    with pytest.raises(ReceiptRefused) as caught:
        check_receipt(make_receipt(), JWKS, audience="H99990000001", at=later)
    assert caught.value.code == "receipt.expired"


def test_a_receipt_by_another_key_is_refused() -> None:
    others = {"keys": [ECKey.generate_key("P-256", {"kid": "r1"}).as_dict(private=False)]}
    with pytest.raises(ReceiptRefused) as caught:
        check_receipt(make_receipt(), others, audience="H99990000001")
    assert caught.value.code == "receipt.signature_invalid"


@given(st.text(max_size=200))
@settings(max_examples=100, deadline=None)
def test_noise_is_no_receipt(noise: str) -> None:
    with pytest.raises(ReceiptRefused) as caught:
        check_receipt(noise, JWKS, audience="H99990000001")
    assert caught.value.code == "receipt.signature_invalid"


@pytest.mark.parametrize(
    "other",
    [
        ("GET", "/v1/challenges", b"{}"),
        ("POST", "/v1/claims", b"{}"),
        ("POST", "/v1/challenges", b"[]"),
    ],
)
def test_a_request_proof_is_for_one_request(other: tuple[str, str, bytes]) -> None:
    value = challenge.authorization("t" * 22, TERMINAL, "POST", "/v1/challenges", b"{}")
    payload = jose.verify(jose.REQUEST, value.removeprefix("Shualian "), lambda _: TERMINAL)
    assert challenge.parse_proof(payload, "POST", "/v1/challenges", b"{}").terminal == "t" * 22
    with pytest.raises(errors.Refused) as caught:
        challenge.parse_proof(payload, *other)
    assert caught.value.code == "auth.invalid"


def test_every_refusal_tells_the_person_in_chinese_what_to_do() -> None:
    for kind in errors.REFUSALS.values():
        assert any("一" <= character <= "鿿" for character in kind.detail), kind.code
        assert kind.title.isascii()
        assert kind.problem().code == kind.code
