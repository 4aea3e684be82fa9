"""The key ring: made once, whole, and for its owner's eyes only."""

import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verifier.protocol import jose
from verifier.trust.keys import FILE_NAME, KeyRing, KeysRefused
from verifier.trust.sealing import SealBroken, Sealed, Secret, new_key, seal, unseal


def test_a_ring_is_made_on_first_start_and_kept(tmp_path: Path) -> None:
    first = KeyRing.load_or_create(tmp_path / "keys")
    again = KeyRing.load_or_create(tmp_path / "keys")
    assert again.master == first.master
    assert again.receipt_key.kid == first.receipt_key.kid
    assert again.seal_key.kid == first.seal_key.kid


def test_the_ring_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    KeyRing.load_or_create(tmp_path / "keys")
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    assert [path.name for path in (tmp_path / "keys").iterdir()] == [FILE_NAME]
    assert stat.S_IMODE((tmp_path / "keys" / FILE_NAME).stat().st_mode) == 0o600


@pytest.mark.parametrize(("name", "mode"), [(FILE_NAME, 0o640), (FILE_NAME, 0o604), (".", 0o750)])
def test_a_ring_that_others_could_read_is_refused(tmp_path: Path, name: str, mode: int) -> None:
    KeyRing.load_or_create(tmp_path / "keys")
    (tmp_path / "keys" / name).chmod(mode)
    with pytest.raises(KeysRefused) as refused:
        KeyRing.load_or_create(tmp_path / "keys")
    assert refused.value.code == "keys.readable_by_others"


def test_a_ring_behind_a_link_is_refused(tmp_path: Path) -> None:
    KeyRing.load_or_create(tmp_path / "real")
    (tmp_path / "keys").symlink_to(tmp_path / "real")
    with pytest.raises(KeysRefused) as refused:
        KeyRing.load_or_create(tmp_path / "keys")
    assert refused.value.code == "keys.not_ours"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_ring_of_another_user_is_refused(tmp_path: Path) -> None:
    KeyRing.load_or_create(tmp_path / "keys")
    os.chown(tmp_path / "keys" / FILE_NAME, 65534, 65534)
    with pytest.raises(KeysRefused) as refused:
        KeyRing.load_or_create(tmp_path / "keys")
    assert refused.value.code == "keys.not_ours"


@pytest.mark.parametrize(
    "change",
    [
        lambda ring: ring.pop("master"),
        lambda ring: ring.update(master="c2hvcnQ"),
        lambda ring: ring.update(version=9),
        lambda ring: ring["receipt"].pop("d"),
        lambda ring: ring.update(seal=ring["receipt"]),
        lambda ring: ring.update(receipt=ring["seal"]),
        lambda ring: ring.update(seal="text"),
    ],
)
def test_a_broken_ring_is_refused_and_never_replaced(tmp_path: Path, change: object) -> None:
    KeyRing.load_or_create(tmp_path / "keys")
    path = tmp_path / "keys" / FILE_NAME
    ring = json.loads(path.read_text())
    change(ring)  # type: ignore[operator]
    path.write_text(json.dumps(ring))
    before = path.read_bytes()
    with pytest.raises(KeysRefused) as refused:
        KeyRing.load_or_create(tmp_path / "keys")
    assert refused.value.code == "keys.broken"
    assert path.read_bytes() == before


def test_a_cut_ring_is_refused(tmp_path: Path) -> None:
    KeyRing.load_or_create(tmp_path / "keys")
    path = tmp_path / "keys" / FILE_NAME
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(KeysRefused) as refused:
        KeyRing.load_or_create(tmp_path / "keys")
    assert refused.value.code == "keys.broken"


def test_many_who_start_at_once_get_one_ring(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(lambda _: KeyRing.load_or_create(tmp_path / "keys"), range(16)))
    assert len({bytes(ring.master) for ring in rings}) == 1
    assert [path.name for path in (tmp_path / "keys").iterdir()] == [FILE_NAME]


def test_no_secret_shows_in_a_repr(tmp_path: Path) -> None:
    ring = KeyRing.new()
    shown = f"{ring!r} {ring} {ring.master!r} {ring.master} {ring.derive('x', 'y')!r}"
    assert "***" in shown
    assert bytes(ring.master).hex() not in shown
    assert repr(bytes(ring.master))[2:-1] not in shown


def test_the_public_set_has_no_private_part_and_checks_a_receipt() -> None:
    ring = KeyRing.new()
    [jwk] = ring.jwks()["keys"]
    assert "d" not in jwk
    assert (jwk["kty"], jwk["crv"], jwk["alg"], jwk["use"]) == ("EC", "P-256", "ES256", "sig")
    compact = jose.sign(jose.RECEIPT, jwk["kid"], b"{}", ring.receipt_key)
    keys = {jwk["kid"]: type(ring.receipt_key).import_key(jwk)}
    assert jose.verify(jose.RECEIPT, compact, keys.get) == b"{}"


def test_every_use_and_every_institution_has_a_key_of_its_own() -> None:
    ring = KeyRing.new()
    keys = [
        ring.identifier_key("H1"),
        ring.identifier_key("H2"),
        ring.last_four_key("H1"),
        ring.pairwise_key("H1"),
        ring.crop_key(),
        ring.gallery_wrap_key("H1"),
    ]
    assert len(set(keys)) == len(keys)
    assert ring.identifier_key("H1") == keys[0]


def test_label_and_context_cannot_run_into_each_other() -> None:
    ring = KeyRing.new()
    assert ring.derive("ab", "c") != ring.derive("a", "bc")


@settings(deadline=None)
@given(st.binary(max_size=300), st.text(max_size=40))
def test_what_is_sealed_opens_at_its_place_only(plaintext: bytes, place: str) -> None:
    key = new_key()
    sealed = seal(key, plaintext, place)
    assert unseal(key, sealed, place) == plaintext
    with pytest.raises(SealBroken):
        unseal(key, sealed, place + "x")
    with pytest.raises(SealBroken):
        unseal(new_key(), sealed, place)


@settings(deadline=None)
@given(st.binary(max_size=60), st.data())
def test_a_changed_byte_is_noticed(plaintext: bytes, data: st.DataObject) -> None:
    key = new_key()
    sealed = bytearray(seal(key, plaintext, "here"))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SealBroken):
        unseal(key, bytes(sealed), "here")


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x02" + bytes(40), bytes(28)])
def test_what_was_never_sealed_is_refused(sealed: bytes) -> None:
    with pytest.raises(SealBroken):
        unseal(new_key(), sealed, "here")


def test_the_same_value_never_seals_to_the_same_bytes() -> None:
    key = new_key()
    assert seal(key, b"x", "here") != seal(key, b"x", "here")


def test_secrets_and_sealed_values_do_not_print_themselves() -> None:
    secret = Secret(b"very secret")
    assert "very" not in f"{secret!r}{secret}{secret:>20}{[secret]}"
    sealed = seal(new_key(), b"very secret", "here")
    assert repr(sealed) == f"Sealed(suite=1, {len(sealed)} bytes)"
    assert repr(Sealed(b"")) == "Sealed(suite=None, 0 bytes)"
