"""Certificates made by `shualian tls`, in real handshakes between a terminal and a verifier."""

import asyncio
import ssl
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from kiosk.chain import Chain
from kiosk.desk import Desk
from kiosk.errors import CertificateUnreadable, VerifierUnreachable
from kiosk.identity import TerminalIdentity
from kiosk.settings import KioskSettings
from kiosk.verifier_client import Patience, VerifierClient
from shualian.tls import app
from tests.kiosk.live_verifier import listening
from tests.verifier.fixtures import INSTITUTION, database, gallery, institution, keyring  # noqa: F401
from tests.verifier.serving.hospital import basis, faceless, invent, open_hospital
from verifier.api.serve import ServeRefused, Tls
from verifier.identity.galleries import Gallery
from verifier.protocol.values import Outcome, new_id
from verifier.settings import SettingsRefused, load
from verifier.store.database import Database
from verifier.trust import terminals
from verifier.trust.keys import KeyRing

HASTY = Patience(attempts=1, total=5.0)


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two authorities; the first made the verifier's certificate."""
    folder = tmp_path_factory.mktemp("tls")
    for name in ("ours", "theirs"):
        assert run("ca", f"{name} CA", "--folder", folder / name).exit_code == 0
        assert run("terminal", "kiosk-1", "--folder", folder / name).exit_code == 0
    done = run("server", "127.0.0.1", "verifier.hospital", "--folder", folder / "ours")
    assert done.exit_code == 0, done.stderr
    return folder


@dataclass
class Place:
    """A verifier that takes terminals of our authority only, and one terminal."""

    made: Path
    folder: Path
    identity: TerminalIdentity

    def claim(self, trusts: str = "ours", shows: str | None = "ours") -> str:
        certificate = self.made / f"{shows}/terminal-kiosk-1.crt" if shows else None
        settings = KioskSettings(
            data=self.folder,
            ca_file=self.made / trusts / "ca.crt",
            tls_cert=certificate,
            tls_key=certificate.with_suffix(".key") if certificate else None,
        )

        async def once() -> str:
            context = settings.tls_context()
            async with VerifierClient(self.identity, patience=HASTY, context=context) as client:
                with Chain(self.folder / "chain.json") as chain:
                    desk = Desk(client, chain, "settlement")
                    done = await desk.submit(new_id(), basis(), faceless(invent(1)))
                    return str(done.answer.decision.outcome)

        return asyncio.run(once())


@pytest.fixture
def place(
    database: Database,  # noqa: F811
    keyring: KeyRing,  # noqa: F811
    gallery: Gallery,  # noqa: F811
    made: Path,
    tmp_path: Path,
) -> Iterator[Place]:
    ours = made / "ours"
    tls = Tls(ours / "server.crt", ours / "server.key", ours / "ca.crt")
    with (
        open_hospital(database, keyring, gallery) as hospital,
        listening(hospital.http.app, **tls.options()) as port,
    ):
        path = tmp_path / "terminal.json"
        public = TerminalIdentity.create(path, INSTITUTION, f"https://127.0.0.1:{port}")
        with database.app.begin() as conn:
            name = terminals.register(conn, INSTITUTION, "hall", "kiosk", public, ["settlement"])
        yield Place(made, tmp_path, TerminalIdentity.register(path, name))


def test_a_claim_goes_through_with_a_certificate_of_the_hospitals_authority(place: Place) -> None:
    assert place.claim() == Outcome.ACCEPTED


def test_a_terminal_without_a_certificate_does_not_get_in(place: Place) -> None:
    with pytest.raises(VerifierUnreachable):
        place.claim(shows=None)


def test_a_terminal_with_another_authoritys_certificate_does_not_get_in(place: Place) -> None:
    with pytest.raises(VerifierUnreachable):
        place.claim(shows="theirs")


def test_a_terminal_does_not_talk_to_a_verifier_of_another_authority(place: Place) -> None:
    with pytest.raises(VerifierUnreachable):
        place.claim(trusts="theirs")


def test_keys_are_private_and_nothing_is_replaced(made: Path) -> None:
    for name in ("ca", "server", "terminal-kiosk-1"):
        assert stat.S_IMODE((made / "ours" / f"{name}.key").stat().st_mode) == 0o600
    again = run("ca", "ours CA", "--folder", made / "ours")
    assert (again.exit_code, "[tls.exists]" in again.stderr) == (1, True)


def test_a_certificate_is_shown(made: Path) -> None:
    said = run("show", made / "ours" / "server.crt").stdout
    assert "CN=127.0.0.1" in said
    assert "127.0.0.1, verifier.hospital" in said
    assert "CN=ours CA" in said


def test_a_terminals_certificate_makes_no_server(made: Path) -> None:
    """Nor does it sign others: a stolen one speaks for a terminal only."""
    context = ssl.create_default_context(cafile=made / "ours" / "ca.crt")
    leaf = Tls(made / "ours/terminal-kiosk-1.crt", made / "ours/terminal-kiosk-1.key")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(leaf.certificate, leaf.key)
    mine, theirs = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(mine, theirs, server_hostname="kiosk-1")
    other = server.wrap_bio(theirs, mine, server_side=True)
    with pytest.raises(ssl.SSLCertVerificationError, match="purpose"):
        shake_hands(client, other)


def shake_hands(*sides: ssl.SSLObject) -> None:
    for side in sides * 4:
        with suppress(ssl.SSLWantReadError):
            side.do_handshake()


def test_without_an_authority_nothing_is_issued(tmp_path: Path) -> None:
    assert "[tls.no_authority]" in run("server", "127.0.0.1", "--folder", tmp_path).stderr


def test_files_that_are_none_are_told_at_the_start(tmp_path: Path, made: Path) -> None:
    nothing = tmp_path / "none.crt"
    with pytest.raises(ServeRefused) as refused:
        Tls(nothing, nothing).options()
    assert refused.value.code == "serve.tls_unreadable"
    with pytest.raises(CertificateUnreadable):
        KioskSettings(tls_cert=nothing).tls_context()
    for said in ({"tls_cert": nothing}, {"tls_client_ca": made / "ours" / "ca.crt"}):
        with pytest.raises(SettingsRefused):
            load(**said)
