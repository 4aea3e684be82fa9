"""A receipt is checked from the JWKS alone, by our own code and by two libraries of others."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from jwcrypto import jwk, jws
from jwcrypto.common import JWException

from verifier.protocol.claim import Evidence
from verifier.protocol.decision import ClaimAnswer
from verifier.protocol.receipt import Receipt, ReceiptRefused, check_receipt, read_receipt
from verifier.protocol.values import Assurance, Outcome, from_b64url, new_id
from verifier.receipts.issue import issue, issuer_of, pairwise_subject
from verifier.trust.keys import KeyRing

from ..fixtures import INSTITUTION
from .hospital import Face, Hospital, Terminal, capture, card, faceless, invent, visit_of

ZHANG = invent(1)
TYP = "shualian-receipt+jwt"


@pytest.fixture
def jwks(hospital: Hospital) -> dict[str, Any]:
    """The public keys as a hospital's system fetches them."""
    answer = hospital.http.get("/.well-known/jwks.json")
    assert answer.headers["content-type"] == "application/jwk-set+json"
    found: dict[str, Any] = answer.json()
    return found


def by_pyjwt(receipt: str, jwks: dict[str, Any]) -> dict[str, Any]:
    header = jwt.get_unverified_header(receipt)
    assert header["typ"] == TYP
    return jwt.decode(
        receipt,
        jwt.PyJWKSet.from_dict(jwks)[header["kid"]].key,
        algorithms=["ES256"],
        audience=INSTITUTION,
        issuer=issuer_of(INSTITUTION),
        options={"require": ["exp", "iat", "iss", "aud", "jti"]},
    )


def by_jwcrypto(receipt: str, jwks: dict[str, Any]) -> dict[str, Any]:
    token = jws.JWS()
    token.deserialize(receipt)
    header = json.loads(token.objects["protected"])
    assert (header["typ"], header["alg"]) == (TYP, "ES256")
    key = jwk.JWKSet.from_json(json.dumps(jwks)).get_key(header["kid"])
    token.verify(key, alg="ES256")
    found: dict[str, Any] = json.loads(token.payload)
    return found


def test_the_jwks_holds_no_private_member(jwks: dict[str, Any]) -> None:
    for key in jwks["keys"]:
        assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}


def test_a_receipt_is_checked_by_others_libraries_and_says_what_was_decided(
    hospital: Hospital, terminal: Terminal, jwks: dict[str, Any]
) -> None:
    person = hospital.enrol(ZHANG)
    answer = terminal.decide(visit_of(ZHANG))
    ours = check_receipt(answer.receipt, jwks, audience=INSTITUTION, visit=answer.decision.visit)
    said = by_pyjwt(answer.receipt, jwks)
    assert said == by_jwcrypto(answer.receipt, jwks) == ours.model_dump(mode="json")
    assert said["outcome"] == "accepted"
    assert said["assurance"] == "card+face"
    assert said["fmr"] == 1e-4
    assert said["liveness"] == "not_assessed"
    assert said["jti"] == answer.receipt_id
    assert said["sub"] == pairwise_subject(hospital.keyring, INSTITUTION, person)
    leaf = f"leaf = '{said['ledger_leaf']}' AND kind = 'claim.decided'"
    assert hospital.count("ledger", leaf) == 1


def test_a_receipt_about_nobody_known_has_no_subject(
    terminal: Terminal, jwks: dict[str, Any]
) -> None:
    answer = terminal.decide(faceless(ZHANG))
    assert "sub" not in by_pyjwt(answer.receipt, jwks)
    assert check_receipt(answer.receipt, jwks, audience=INSTITUTION).sub is None


def test_a_receipt_names_nobody(hospital: Hospital, terminal: Terminal) -> None:
    person = hospital.enrol(ZHANG)
    said = str(read_receipt(terminal.decide(visit_of(ZHANG)).receipt, hospital.keyring.jwks()))
    for personal in (ZHANG.name, ZHANG.number, ZHANG.number[-4:], person):
        assert personal not in said


def test_a_person_has_another_pseudonym_in_another_institution(keyring: KeyRing) -> None:
    person = new_id()
    one, other = (pairwise_subject(keyring, code, person) for code in ("H1", "H2"))
    assert one != other
    assert one == pairwise_subject(keyring, "H1", person)


def refused(answer: ClaimAnswer, jwks: dict[str, Any], **checks: Any) -> str:
    with pytest.raises(ReceiptRefused) as found:
        check_receipt(answer.receipt, jwks, **({"audience": INSTITUTION} | checks))
    return found.value.code


def test_a_rejected_one_is_told_apart(
    hospital: Hospital, terminal: Terminal, jwks: dict[str, Any]
) -> None:
    hospital.enrol(ZHANG)
    answer = terminal.decide(visit_of(ZHANG, Face(99)))
    assert refused(answer, jwks) == "receipt.not_accepted"
    assert by_pyjwt(answer.receipt, jwks)["outcome"] == "rejected"
    assert by_jwcrypto(answer.receipt, jwks)["outcome"] == "rejected"


def test_one_of_another_visit_is_told_apart(terminal: Terminal, jwks: dict[str, Any]) -> None:
    answer, other = terminal.decide(faceless(ZHANG)), terminal.decide(faceless(ZHANG))
    visit = other.decision.visit
    assert refused(answer, jwks, visit=visit) == "receipt.other_visit"
    assert by_pyjwt(answer.receipt, jwks)["visit"] != visit
    assert by_jwcrypto(answer.receipt, jwks)["visit"] != visit


def test_an_expired_one_is_told_apart(
    hospital: Hospital, terminal: Terminal, jwks: dict[str, Any]
) -> None:
    hospital.clock.ahead = -timedelta(hours=13)
    answer = terminal.decide(faceless(ZHANG))
    assert refused(answer, jwks) == "receipt.expired"
    with pytest.raises(jwt.ExpiredSignatureError):
        by_pyjwt(answer.receipt, jwks)
    assert by_jwcrypto(answer.receipt, jwks)["exp"] < datetime.now(UTC).timestamp()


def test_a_simulated_one_is_told_apart(terminal: Terminal, jwks: dict[str, Any]) -> None:
    answer = terminal.decide(
        Evidence(reading=card(ZHANG, simulated=True), capture=capture(ZHANG.face))
    )
    assert refused(answer, jwks) == "receipt.simulated"
    assert check_receipt(answer.receipt, jwks, audience=INSTITUTION, accept_simulated=True)
    assert by_pyjwt(answer.receipt, jwks)["simulated"] is True
    assert by_jwcrypto(answer.receipt, jwks)["simulated"] is True


def test_one_for_another_institution_is_told_apart(
    terminal: Terminal, jwks: dict[str, Any]
) -> None:
    answer = terminal.decide(faceless(ZHANG))
    assert refused(answer, jwks, audience="H00000000009") == "receipt.wrong_audience"


def parts(compact: str) -> list[bytes]:
    """What each part of a compact form decodes to; a broken one as it stands."""
    decoded = []
    for part in compact.split("."):
        try:
            decoded.append(from_b64url(part))
        except ValueError:
            decoded.append(part.encode())
    return decoded


def test_an_altered_one_does_not_hold(terminal: Terminal, jwks: dict[str, Any]) -> None:
    answer = terminal.decide(faceless(ZHANG))
    for at in range(0, len(answer.receipt), 37):
        other = "A" if answer.receipt[at] != "A" else "B"
        altered = answer.receipt[:at] + other + answer.receipt[at + 1 :]
        if parts(altered) == parts(answer.receipt):
            continue  # a part's last character has low bits that carry nothing
        with pytest.raises(ReceiptRefused):
            check_receipt(altered, jwks, audience=INSTITUTION)
        with pytest.raises((jwt.PyJWTError, AssertionError, KeyError, ValueError)):
            by_pyjwt(altered, jwks)
        with pytest.raises((JWException, AssertionError, KeyError, ValueError, AttributeError)):
            by_jwcrypto(altered, jwks)


def test_one_of_another_verifier_does_not_hold(terminal: Terminal) -> None:
    answer = terminal.decide(faceless(ZHANG))
    assert refused(answer, KeyRing.new().jwks()) == "receipt.signature_invalid"


def test_it_counts_until_just_before_it_expires(keyring: KeyRing, terminal: Terminal) -> None:
    decision = terminal.decide(faceless(ZHANG)).decision
    assert (decision.outcome, decision.assurance) == (Outcome.ACCEPTED, Assurance.CARD)
    made = issue(keyring, INSTITUTION, decision, None, "A" * 43, 60)
    jwks = keyring.jwks()
    last = made.expires_at - timedelta(seconds=1)
    found: Receipt = check_receipt(made.compact, jwks, audience=INSTITUTION, at=last)
    assert found.exp == int(made.expires_at.timestamp())
    with pytest.raises(ReceiptRefused):
        check_receipt(made.compact, jwks, audience=INSTITUTION, at=made.expires_at)
