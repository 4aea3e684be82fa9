"""Registration with a one-time code and the rotation of keys, against a real verifier."""

import asyncio
import json
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from joserfc.jwk import OKPKey

from kiosk import joining
from kiosk.errors import IdentityTaken, VerifierRefused
from kiosk.identity import TerminalIdentity
from kiosk.verifier_client import Patience, VerifierClient
from tests.kiosk.live_verifier import listening
from tests.verifier.fixtures import INSTITUTION, database, gallery, institution, keyring  # noqa: F401
from tests.verifier.serving.hospital import Hospital, open_hospital
from verifier.api.attempts import Allowance, Attempts
from verifier.identity.galleries import Gallery
from verifier.protocol.errors import Refused
from verifier.protocol.registration import (
    RegistrationRequest,
    about_code,
    bring,
    code_of,
    normalised,
)
from verifier.protocol.values import new_id
from verifier.store.database import Database
from verifier.trust import invitations, terminal_states
from verifier.trust.keys import KeyRing
from verifier.trust.terminal_states import State

HASTY = Patience(attempts=1, total=5.0)


@pytest.fixture
def hospital(database: Database, keyring: KeyRing, gallery: Gallery) -> Iterator[Hospital]:  # noqa: F811
    with open_hospital(database, keyring, gallery) as opened:
        yield opened


@pytest.fixture
def url(hospital: Hospital) -> Iterator[str]:
    with listening(hospital.http.app) as port:
        yield f"http://127.0.0.1:{port}"


def invite(hospital: Hospital) -> str:
    with hospital.database.app.begin() as conn:
        made = invitations.invite(
            conn, hospital.keyring, INSTITUTION, "门诊大厅", "自助机 1", ["settlement"]
        )
    return made.code


def code_of_refusal(path: Path, url: str, code: str) -> str:
    with pytest.raises(VerifierRefused) as refused:
        joining.join(path, url, code)
    return refused.value.code


def gets_a_challenge(identity: TerminalIdentity) -> bool:
    async def ask() -> bool:
        async with VerifierClient(identity, patience=HASTY) as client:
            try:
                await client.challenge("settlement", new_id())
            except VerifierRefused as refused:
                if refused.code == "auth.invalid":
                    return False
                raise
            return True

    return asyncio.run(ask())


def test_a_terminal_joins_with_a_code_and_works(
    hospital: Hospital, url: str, tmp_path: Path
) -> None:
    path = tmp_path / "terminal.json"
    identity = joining.join(path, url, invite(hospital))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (identity.institution, identity.verifier_url) == (INSTITUTION, url)
    assert gets_a_challenge(identity)
    assert hospital.count("terminals", "site = '门诊大厅' AND label = '自助机 1'") == 1
    for kind in ("invited", "registered"):
        assert hospital.count("ledger", f"kind = 'terminal.{kind}'") == 1


def test_a_code_is_read_as_people_type_it() -> None:
    assert code_of(0) == "0000-0000-0000-0000"
    assert code_of(2**80 - 1) == "ZZZZ-ZZZZ-ZZZZ-ZZZZ"
    assert normalised(" o1il-abcd efgh-jkmn") == "0111ABCDEFGHJKMN"


def test_the_code_itself_is_nowhere_in_the_database(hospital: Hospital) -> None:
    code = invite(hospital)
    with hospital.database.app.connect() as conn:
        [row] = conn.exec_driver_sql("SELECT to_jsonb(t)::text FROM terminal_invitations t")
    assert code not in row[0]
    assert normalised(code) not in row[0]


def test_a_code_serves_one_key_only(hospital: Hospital, url: str, tmp_path: Path) -> None:
    code = invite(hospital)
    joining.join(tmp_path / "one.json", url, code)
    assert code_of_refusal(tmp_path / "two.json", url, code) == "registration.code_invalid"
    assert hospital.count("terminals") == 1


def test_the_same_key_with_the_same_code_again_is_the_same_terminal(
    hospital: Hospital, url: str, tmp_path: Path
) -> None:
    """The answer was lost: the terminal has its key and not yet its id."""
    path, code = tmp_path / "terminal.json", invite(hospital)
    first = joining.join(path, url, code)
    stored = json.loads(path.read_text())
    path.write_text(json.dumps(stored | {"terminal": None}))
    assert joining.join(path, url, code) == first
    assert hospital.count("ledger", "kind = 'terminal.registered'") == 1


def test_an_expired_and_a_wrong_code_are_refused_alike(
    hospital: Hospital, url: str, tmp_path: Path
) -> None:
    code = invite(hospital)
    hospital.clock.ahead = timedelta(minutes=31)
    for wrong in (code, "0000-0000-0000-0000"):
        assert code_of_refusal(tmp_path / "t.json", url, wrong) == "registration.code_invalid"


def test_a_registered_terminal_does_not_join_again(
    hospital: Hospital, url: str, tmp_path: Path
) -> None:
    joining.join(tmp_path / "terminal.json", url, invite(hospital))
    with pytest.raises(IdentityTaken):
        joining.join(tmp_path / "terminal.json", url, invite(hospital))


def test_a_revoked_key_does_not_come_back_with_a_code(
    hospital: Hospital, url: str, tmp_path: Path
) -> None:
    path = tmp_path / "terminal.json"
    identity = joining.join(path, url, invite(hospital))
    with hospital.database.app.begin() as conn:
        terminal_states.change(conn, INSTITUTION, identity.terminal, State.REVOKED)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"terminal": None}))
    assert code_of_refusal(path, url, invite(hospital)) == "registration.key_refused"


def test_a_key_that_is_not_the_senders_is_refused(hospital: Hospital) -> None:
    code, key = invite(hospital), OKPKey.generate_key("Ed25519")
    stolen = bring(key, about_code("0000-0000-0000-0000"))
    other = bring(OKPKey.generate_key("Ed25519"), about_code(code))
    mixed = other.model_copy(update={"public_jwk": stolen.public_jwk})
    for brought in (stolen, mixed):
        body = RegistrationRequest(**brought.model_dump(), code=code).model_dump_json()
        answer = hospital.http.post("/v1/terminals", content=body)
        assert answer.json()["code"] == "auth.invalid"
    assert hospital.count("terminals") == 0


def test_wrong_codes_are_limited_and_right_ones_are_not(
    hospital: Hospital, tmp_path: Path, url: str
) -> None:
    hospital.site.attempts = Attempts(Allowance(3, 60.0), Allowance(100, 1.0))
    for number in range(4):
        joining.join(tmp_path / f"{number}.json", url, invite(hospital))
    code = invite(hospital)
    codes = [code_of_refusal(tmp_path / "t.json", url, "0" * 16) for _ in range(4)]
    assert codes == ["registration.code_invalid"] * 3 + ["registration.too_many"]
    with pytest.raises(VerifierRefused) as refused:
        joining.join(tmp_path / "t.json", url, code)
    assert 0 < (refused.value.problem.retry_after or 0) <= 61


def test_attempts_come_back_with_time_and_all_sources_share_one_measure() -> None:
    now = [0.0]
    attempts = Attempts(Allowance(1, 10.0), Allowance(2, 100.0), tick=lambda: now[0])
    attempts.take("a")
    attempts.take("b")
    with pytest.raises(Refused, match="too_many"):
        attempts.take("c")
    now[0] = 101.0
    attempts.take("c")
    attempts.give_back("c")
    attempts.take("c")


def rotated(path: Path) -> TerminalIdentity:
    return asyncio.run(joining.rotate(path, patience=HASTY))


def test_a_rotated_key_counts_and_the_old_one_does_not(
    hospital: Hospital, url: str, tmp_path: Path
) -> None:
    path = tmp_path / "terminal.json"
    old = joining.join(path, url, invite(hospital))
    new = rotated(path)
    assert new.terminal == old.terminal
    assert new.public_jwk()["x"] != old.public_jwk()["x"]
    assert gets_a_challenge(new)
    assert not gets_a_challenge(old)
    assert hospital.count("ledger", "kind = 'terminal.key_rotated'") == 1


class Lost(Exception):
    """The power is cut."""


@pytest.mark.parametrize("cut", ["before it is sent", "after it is answered"])
def test_a_rotation_that_was_broken_off_is_finished(
    hospital: Hospital, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: str
) -> None:
    path = tmp_path / "terminal.json"
    joining.join(path, url, invite(hospital))
    real = VerifierClient.bring_key

    async def lost(self: VerifierClient, body: bytes) -> None:
        if cut == "after it is answered":
            await real(self, body)
        raise Lost

    with monkeypatch.context() as patched:
        patched.setattr(VerifierClient, "bring_key", lost)
        with pytest.raises(Lost):
            rotated(path)
    assert TerminalIdentity.has_next(path)
    identity = asyncio.run(joining.finish_rotation(path, patience=HASTY))
    assert gets_a_challenge(identity)
    assert not TerminalIdentity.has_next(path)
    assert hospital.count("ledger", "kind = 'terminal.key_rotated'") == 1


def test_a_suspended_terminal_rotates_nothing(hospital: Hospital, url: str, tmp_path: Path) -> None:
    path = tmp_path / "terminal.json"
    identity = joining.join(path, url, invite(hospital))
    assert gets_a_challenge(identity)
    with hospital.database.app.begin() as conn:
        terminal_states.change(conn, INSTITUTION, identity.terminal, State.SUSPENDED)
    with pytest.raises(VerifierRefused) as refused:
        rotated(path)
    assert refused.value.code == "terminal.suspended"
