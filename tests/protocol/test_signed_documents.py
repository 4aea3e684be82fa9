"""A checker takes one `typ` and one `alg`, and nothing that was altered."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OctKey, OKPKey

from verifier.protocol import jose
from verifier.protocol.values import b64url, from_b64url

TERMINAL = OKPKey.generate_key("Ed25519")
RECEIPTS = ECKey.generate_key("P-256")
SEAL = OKPKey.generate_key("X25519", {"kid": "seal"})


def test_a_signed_document_gives_its_payload_back() -> None:
    compact = jose.sign(jose.CLAIM, "terminal", b"payload", TERMINAL)
    assert jose.verify(jose.CLAIM, compact, {"terminal": TERMINAL}.get) == b"payload"


def test_a_claim_is_not_taken_for_a_request_though_the_key_is_the_same() -> None:
    compact = jose.sign(jose.CLAIM, "terminal", b"payload", TERMINAL)
    with pytest.raises(jose.BadSignature):
        jose.verify(jose.REQUEST, compact, {"terminal": TERMINAL}.get)


def test_a_receipt_is_not_taken_for_a_claim() -> None:
    compact = jose.sign(jose.RECEIPT, "k", b"payload", RECEIPTS)
    with pytest.raises(jose.BadSignature):
        jose.verify(jose.CLAIM, compact, lambda _: RECEIPTS)


@pytest.mark.parametrize("alg", ["none", "HS256", "ES256", "EdDSA", "RS256"])
def test_a_document_that_names_another_algorithm_is_refused(alg: str) -> None:
    signed = jose.sign(jose.CLAIM, "terminal", b"payload", TERMINAL)
    header = b64url(json.dumps({"alg": alg, "typ": jose.CLAIM.typ, "kid": "terminal"}).encode())
    forged = ".".join([header, *signed.split(".")[1:]])
    with pytest.raises(jose.BadSignature):
        jose.verify(jose.CLAIM, forged, lambda _: TERMINAL)


def test_a_public_key_used_as_a_shared_secret_opens_nothing() -> None:
    header = {"alg": "HS256", "typ": jose.CLAIM.typ, "kid": "terminal"}
    from joserfc import jws

    secret = OctKey.import_key(json.dumps(TERMINAL.as_dict(private=False)))
    forged = jws.serialize_compact(header, b"payload", secret, algorithms=["HS256"])
    with pytest.raises(jose.BadSignature):
        jose.verify(jose.CLAIM, forged, lambda _: TERMINAL)


@pytest.mark.parametrize(
    "extra", [{"crit": ["exp"]}, {"jwk": {}}, {"jku": "x"}, {"b64": False}, {"zip": "DEF"}]
)
def test_a_header_with_anything_more_is_refused(extra: dict[str, object]) -> None:
    signed = jose.sign(jose.CLAIM, "terminal", b"payload", TERMINAL)
    header = {"alg": "Ed25519", "typ": jose.CLAIM.typ, "kid": "terminal", **extra}
    forged = ".".join([b64url(json.dumps(header).encode()), *signed.split(".")[1:]])
    with pytest.raises(jose.BadSignature):
        jose.verify(jose.CLAIM, forged, lambda _: TERMINAL)


def test_an_unknown_key_is_refused() -> None:
    compact = jose.sign(jose.CLAIM, "terminal", b"payload", TERMINAL)
    with pytest.raises(jose.BadSignature):
        jose.verify(jose.CLAIM, compact, lambda _: None)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_one_altered_character_anywhere_is_refused(data: st.DataObject) -> None:
    compact = jose.sign(jose.CLAIM, "terminal", b'{"v":1}', TERMINAL)
    at = data.draw(st.integers(0, len(compact) - 1))
    new = data.draw(st.sampled_from("ABCdef019-_.").filter(lambda c: c != compact[at]))
    altered = compact[:at] + new + compact[at + 1 :]
    last = altered.rsplit(".", 1)[-1]
    if altered.count(".") == 2 and decodes_alike(compact, altered, last):
        return  # the unused low bits of base64's last character carry nothing
    with pytest.raises(jose.BadSignature):
        jose.verify(jose.CLAIM, altered, lambda _: TERMINAL)


def decodes_alike(one: str, other: str, _last: str) -> bool:
    """Whether two compact forms hold the same bytes in each part."""
    try:
        return [from_b64url(p) for p in one.split(".")] == [
            from_b64url(p) for p in other.split(".")
        ]
    except ValueError:
        return False


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_noise_is_refused_with_the_one_error(noise: bytes) -> None:
    with pytest.raises(jose.BadSignature):
        jose.verify(jose.CLAIM, noise.decode("latin-1"), lambda _: TERMINAL)


def test_a_document_beyond_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(jose.BadSignature, match="too large"):
        jose.verify(jose.CLAIM, "A" * (jose.MAX_SIGNED_BYTES + 1), lambda _: TERMINAL)


@given(st.binary(min_size=1, max_size=2000))
@settings(max_examples=50, deadline=None)
def test_what_is_sealed_opens_with_its_own_key_only(plaintext: bytes) -> None:
    sealed = jose.seal(plaintext, SEAL)
    assert jose.open_sealed(sealed, SEAL) == plaintext
    with pytest.raises(jose.BadSeal):
        jose.open_sealed(sealed, OKPKey.generate_key("X25519"))


def test_a_seal_by_another_algorithm_is_refused() -> None:
    from joserfc import jwe

    other = jwe.encrypt_compact(
        {"alg": "ECDH-ES", "enc": "A128GCM"}, b"x", SEAL, algorithms=["ECDH-ES", "A128GCM"]
    )
    with pytest.raises(jose.BadSeal):
        jose.open_sealed(other, SEAL)
