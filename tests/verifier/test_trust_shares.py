"""The key ring in shares: two give it back, one says nothing, and wrong ones are told apart."""

import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from verifier.cli_keys import app
from verifier.protocol.values import b64url
from verifier.trust import shares
from verifier.trust.keys import FILE_NAME, KeyRing, KeysRefused
from verifier.trust.shares import SharesRefused
from verifier.trust.splitting import join, split


@given(st.binary(min_size=1, max_size=40), st.data())
def test_as_many_shares_as_are_needed_give_the_secret_whichever_they_are(
    secret: bytes, data: st.DataObject
) -> None:
    needed = data.draw(st.integers(2, 5))
    total = data.draw(st.integers(needed, 9))
    parts = split(secret, total, needed)
    chosen = data.draw(st.permutations(sorted(parts)))[:needed]
    assert join({number: parts[number] for number in chosen}) == secret


@given(st.binary(min_size=4, max_size=4), st.binary(min_size=4, max_size=4))
@settings(max_examples=30)
def test_one_share_of_two_fits_every_secret_there_is(share: bytes, other_secret: bytes) -> None:
    """So it says nothing: for any secret there is a second share that makes it of this one."""
    second = bytes(
        next(b for b in range(256) if join({1: bytes([a]), 2: bytes([b])}) == bytes([wanted]))
        for a, wanted in zip(share, other_secret, strict=True)
    )
    assert join({1: share, 2: second}) == other_secret


def test_shares_of_a_known_polynomial_have_its_values() -> None:
    """f(x) = 0x42 + 0x83 x: f(1) = 0xC1, and 0x83 times 2 is 0x1D in this field."""
    parts = split(b"\x42", 2, 2, lambda count: b"\x83" * count)
    assert parts == {1: b"\xc1", 2: bytes([0x42 ^ 0x1D])}


@pytest.mark.parametrize(("total", "needed"), [(3, 1), (2, 3), (256, 2)])
def test_a_splitting_that_protects_nothing_is_refused(total: int, needed: int) -> None:
    with pytest.raises(ValueError, match="needed"):
        split(b"secret", total, needed)


@pytest.fixture
def exported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Three files of a ring that was made on first start."""
    monkeypatch.setenv("SHUALIAN_DATA", str(tmp_path / "data"))
    KeyRing.load_or_create(tmp_path / "data" / "keys")
    done = CliRunner().invoke(app, ["export-shares", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    return sorted((tmp_path / "out").iterdir())


def run(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return done.exit_code, done.output


def test_two_of_three_rehearse_and_recover_the_very_ring(
    exported: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (tmp_path / "data" / "keys" / FILE_NAME).read_text()
    for pair in ([0, 1], [1, 2], [2, 0]):
        assert run("rehearse", *(exported[at] for at in pair))[0] == 0
    monkeypatch.setenv("SHUALIAN_DATA", str(tmp_path / "new"))
    assert run("recover", exported[2], exported[0])[0] == 0
    kept = tmp_path / "new" / "keys" / FILE_NAME
    assert KeyRing.load(kept.parent).document() == KeyRing.parse(before, "kept").document()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_shares_are_for_their_owner_s_eyes_and_hold_no_key_in_the_clear(
    exported: list[Path], tmp_path: Path
) -> None:
    ring = KeyRing.load(tmp_path / "data" / "keys")
    secrets = [b64url(ring.master), str(ring.receipt_key.as_dict(private=True)["d"])]
    for path in exported:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert not any(secret in path.read_text() for secret in secrets)


def test_recovery_never_writes_over_a_ring(exported: list[Path]) -> None:
    status, said = run("recover", *exported[:2])
    assert (status, "keys.present" in said) == (1, True)


def mistype(text: str) -> str:
    at = text.index("share  ") + 12
    return text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (mistype, "shares.damaged"),
        (lambda text: text.replace("share  ", "sharp  "), "shares.unreadable"),
        (lambda text: text[: text.index("ring ")] + "ring   AAAA\n", "shares.mixed"),
    ],
)
def test_a_wrong_share_is_told_apart(
    exported: list[Path], change: Callable[[str], str], code: str
) -> None:
    exported[0].write_text(change(exported[0].read_text()))
    status, said = run("rehearse", *exported[:2])
    assert (status, code in said) == (1, True)


def test_one_share_the_same_share_twice_and_shares_of_two_exports_are_refused(
    exported: list[Path], tmp_path: Path
) -> None:
    assert "shares.too_few" in run("rehearse", exported[0])[1]
    assert "shares.same_twice" in run("rehearse", exported[0], exported[0])[1]
    assert run("export-shares", tmp_path / "again")[0] == 0
    mixed = run("rehearse", exported[0], tmp_path / "again" / "share-2.txt")
    assert "shares.mixed" in mixed[1]


def test_shares_of_a_ring_that_is_no_longer_the_running_one_are_said_to_be_so(
    exported: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "data" / "keys" / FILE_NAME).unlink()
    KeyRing.load_or_create(tmp_path / "data" / "keys")
    assert "shares.other_ring" in run("rehearse", *exported[:2])[1]


def test_nothing_is_exported_into_a_folder_that_holds_something_or_without_a_ring(
    exported: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "shares.folder_not_empty" in run("export-shares", exported[0].parent)[1]
    monkeypatch.setenv("SHUALIAN_DATA", str(tmp_path / "nothing"))
    assert "keys.missing" in run("export-shares", tmp_path / "third")[1]


def test_shares_that_fit_each_other_and_open_nothing_are_broken() -> None:
    made = shares.export(KeyRing.new(), 3, 2)
    forged = [
        replace(one, sealed_ring=one.sealed_ring[:-1] + bytes([one.sealed_ring[-1] ^ 1]))
        for one in made[:2]
    ]
    with pytest.raises(SharesRefused) as refused:
        shares.recover(forged)
    assert refused.value.code == "shares.broken"


def test_a_ring_is_restored_only_where_there_is_none(tmp_path: Path) -> None:
    ring = KeyRing.new()
    ring.restore(tmp_path / "keys")
    with pytest.raises(KeysRefused) as refused:
        ring.restore(tmp_path / "keys")
    assert refused.value.code == "keys.present"
