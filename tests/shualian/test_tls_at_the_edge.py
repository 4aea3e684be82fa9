"""The edge in the DMZ towards a verifier over HTTPS: whose certificates it takes, and its own."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from console.edge.app import create_edge
from console.edge.settings import EdgeRefused, EdgeSettings
from tests.console.edges import Edge, an_edge
from tests.kiosk.live_verifier import listening
from tests.shualian.test_tls import made, run
from tests.verifier.fixtures import database, gallery, institution, keyring
from tests.verifier.serving.hospital import open_hospital
from tests.waiting import WAIT
from verifier.api.serve import Tls
from verifier.identity.galleries import Gallery
from verifier.store.database import Database
from verifier.trust.keys import KeyRing

__all__ = ["database", "gallery", "institution", "keyring", "made"]

STATE = "/v1/practice/phone/state"


@pytest.fixture
def verifier(database: Database, keyring: KeyRing, gallery: Gallery, made: Path) -> Iterator[str]:
    """It takes who shows a certificate of our authority."""
    ours = made / "ours"
    tls = Tls(ours / "server.crt", ours / "server.key", ours / "ca.crt")
    with (
        open_hospital(database, keyring, gallery) as hospital,
        listening(hospital.http.app, **tls.options()) as port,
    ):
        yield f"https://127.0.0.1:{port}"


@contextmanager
def standing(
    verifier: str, made: Path, folder: Path, trusts: str = "ours", shows: str | None = "ours"
) -> Iterator[Edge]:
    said = {"VERIFIER_CA": str(made / trusts / "ca.crt")}
    if shows is not None:
        certificate = made / shows / "terminal-kiosk-1.crt"
        said |= {
            "CLIENT_CERTIFICATE": str(certificate),
            "CLIENT_KEY": str(certificate.with_suffix(".key")),
        }
    with an_edge(verifier, folder / "edge", **said) as edge:
        yield edge


def answered(edge: Edge) -> tuple[int, str]:
    answer = httpx.get(f"{edge.address}{STATE}", timeout=WAIT)
    return answer.status_code, str(answer.json()["code"])


def test_with_both_certificates_the_verifier_itself_answers(
    verifier: str, made: Path, tmp_path: Path
) -> None:
    with standing(verifier, made, tmp_path) as edge:
        assert answered(edge) == (401, "auth.missing")


@pytest.mark.parametrize(
    ("trusts", "shows"), [("theirs", "ours"), ("ours", None), ("ours", "theirs")]
)
def test_with_another_authority_or_no_certificate_nobody_is_reached(
    verifier: str, made: Path, tmp_path: Path, trusts: str, shows: str | None
) -> None:
    with standing(verifier, made, tmp_path, trusts, shows) as edge:
        assert answered(edge) == (503, "verifier.unavailable")


def test_towards_phones_it_shows_its_own_certificate(made: Path, tmp_path: Path) -> None:
    folder = tmp_path / "dmz"
    assert run("ca", "edge CA", "--folder", folder).exit_code == 0
    assert run("server", "127.0.0.1", "--folder", folder).exit_code == 0
    own = {
        "CERTIFICATE": str(folder / "server.crt"),
        "CERTIFICATE_KEY": str(folder / "server.key"),
    }
    with an_edge("https://verifier.hospital", tmp_path / "edge", **own) as edge:
        assert edge.address.startswith("https:")
        url, known = f"{edge.address}/console/phone", (folder, made / "theirs")
        trusting, others = (ssl.create_default_context(cafile=at / "ca.crt") for at in known)
        assert httpx.get(url, verify=trusting, timeout=WAIT).status_code == 200
        with pytest.raises(httpx.ConnectError):
            httpx.get(url, verify=others, timeout=WAIT)


def test_a_certificate_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    said = {"verifier": "https://verifier.hospital", "hospital": "演示医院"}
    settings = EdgeSettings(**said, verifier_ca=tmp_path / "none.crt")
    with pytest.raises(EdgeRefused, match="certificates"):
        create_edge(settings)
