"""What a terminal keeps on disk: its key, its chain, its journal."""

import stat
from pathlib import Path

import pytest

from kiosk.chain import Chain
from kiosk.errors import (
    AlreadyRunning,
    ChainUnreadable,
    IdentityExposed,
    IdentityMissing,
    IdentityUnreadable,
)
from kiosk.files import write_private
from kiosk.identity import TerminalIdentity
from kiosk.journal import Journal
from verifier.protocol.values import new_id, sha256_b64url

HASH = sha256_b64url(b"claim")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_identity_is_private_and_gives_only_the_public_key(tmp_path: Path) -> None:
    path = tmp_path / "new" / "terminal.json"
    public = TerminalIdentity.create(path, "H99010100001", "https://verifier.test/")
    assert mode(path) == 0o600
    assert "d" not in public
    assert (public["kty"], public["crv"]) == ("OKP", "Ed25519")
    with pytest.raises(IdentityMissing):
        TerminalIdentity.load(path)
    terminal = new_id()
    identity = TerminalIdentity.register(path, terminal)
    assert TerminalIdentity.load(path).terminal == terminal
    assert identity.verifier_url == "https://verifier.test"
    assert identity.key.as_dict(private=False)["x"] == public["x"]
    assert "OKPKey" not in repr(identity)


@pytest.mark.parametrize("exposed", [0o640, 0o604, 0o644])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, exposed: int) -> None:
    path = tmp_path / "terminal.json"
    TerminalIdentity.create(path, "H99010100001", "https://verifier.test")
    path.chmod(exposed)
    with pytest.raises(IdentityExposed):
        TerminalIdentity.load(path)


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"terminal": 1}'])
def test_a_damaged_key_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "terminal.json"
    write_private(path, content)
    with pytest.raises(IdentityUnreadable):
        TerminalIdentity.load(path)


def test_no_key_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(IdentityMissing, match="register"):
        TerminalIdentity.load(tmp_path / "terminal.json")


def test_a_moved_verifier_keeps_key_and_id(tmp_path: Path) -> None:
    path = tmp_path / "terminal.json"
    TerminalIdentity.create(path, "H99010100001", "https://old.test")
    before = TerminalIdentity.register(path, new_id())
    after = TerminalIdentity.move(path, "https://new.test")
    assert (after.terminal, after.verifier_url) == (before.terminal, "https://new.test")
    assert after.public_jwk() == before.public_jwk()


def test_the_chain_survives_a_new_start(tmp_path: Path) -> None:
    path = tmp_path / "chain.json"
    with Chain(path) as chain:
        chain.about_to_send(chain.next_counter(), HASH)
    assert mode(path) == 0o600
    with Chain(path) as chain:
        assert (chain.next_counter(), chain.link.previous, chain.link.pending) == (2, None, HASH)
        chain.recorded(HASH)
    assert Chain(path).link.previous == HASH


def test_a_chain_belongs_to_one_process_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "chain.json"
    with Chain(path), pytest.raises(AlreadyRunning), Chain(path):
        pass
    with Chain(path):
        pass


def test_a_damaged_chain_is_refused_and_not_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "chain.json"
    write_private(path, b'{"counter": -1}')
    with pytest.raises(ChainUnreadable):
        Chain(path)


def test_a_replaced_file_leaves_no_other_behind(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_private(path, b"one")
    write_private(path, b"two")
    assert [file.name for file in tmp_path.iterdir()] == ["file"]
    assert path.read_bytes() == b"two"


def test_the_journal_keeps_every_referral_and_passes_over_a_cut_line(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    assert journal.referrals() == []
    first = journal.refer(new_id(), "settlement", "kiosk.verifier_unreachable")
    with journal.path.open("ab") as file:
        file.write(b'{"visit": "cut')
    assert mode(journal.path) == 0o600
    assert journal.referrals() == [first]
