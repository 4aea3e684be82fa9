"""HTTPS: whole or absent, and on from where it broke off."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.download import download
from models.errors import SourceFailed

from .https_server import HttpsServer

CONTENT = os.urandom(300_000)
SIZE = len(CONTENT)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpsServer]:
    with HttpsServer(tmp_path, {"model.onnx": CONTENT}) as running:
        monkeypatch.setenv("SSL_CERT_FILE", str(running.authority))
        yield running


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "model.onnx"


def _silent(_: int) -> None:
    return


def _left(target: Path) -> list[str]:
    return sorted(path.name for path in target.parent.iterdir())


def test_a_file_arrives_whole_and_progress_ends_at_its_size(
    server: HttpsServer, target: Path
) -> None:
    seen: list[int] = []
    download(f"{server.url}/model.onnx", target, SIZE, seen.append)
    assert target.read_bytes() == CONTENT
    assert seen == sorted(seen)
    assert seen[-1] == SIZE
    assert _left(target) == ["model.onnx"]


def test_a_connection_that_breaks_is_resumed_where_it_broke(
    server: HttpsServer, target: Path
) -> None:
    server.faults.cut_after = [100_000, 70_000]
    download(f"{server.url}/model.onnx", target, SIZE, _silent)
    assert target.read_bytes() == CONTENT
    assert server.requests == ["", "bytes=100000-", "bytes=170000-"]


def test_a_later_call_resumes_what_an_earlier_one_left(server: HttpsServer, target: Path) -> None:
    server.faults.cut_after = [50_000, 0, 0, 0]
    with pytest.raises(SourceFailed, match="could not be fetched"):
        download(f"{server.url}/model.onnx", target, SIZE, _silent)
    assert not target.exists()
    server.requests.clear()
    download(f"{server.url}/model.onnx", target, SIZE, _silent)
    assert target.read_bytes() == CONTENT
    assert server.requests == ["bytes=50000-"]


def test_a_server_without_ranges_is_read_from_the_start_again(
    server: HttpsServer, target: Path
) -> None:
    server.faults.cut_after, server.faults.no_ranges = [90_000], True
    download(f"{server.url}/model.onnx", target, SIZE, _silent)
    assert target.read_bytes() == CONTENT


def test_a_file_longer_than_stated_is_not_kept(server: HttpsServer, target: Path) -> None:
    server.faults.extra = b"more"
    with pytest.raises(SourceFailed, match="larger"):
        download(f"{server.url}/model.onnx", target, SIZE, _silent)
    assert not target.exists()


def test_a_file_that_is_not_there_is_not_asked_for_again(server: HttpsServer, target: Path) -> None:
    with pytest.raises(SourceFailed):
        download(f"{server.url}/other.onnx", target, SIZE, _silent)
    assert len(server.requests) == 1


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/model.onnx", "file:///etc/hostname"])
def test_only_https_is_spoken(target: Path, address: str) -> None:
    with pytest.raises(SourceFailed, match="HTTPS"):
        download(address, target, SIZE, _silent)


def test_a_redirect_away_from_https_is_not_followed(server: HttpsServer, target: Path) -> None:
    server.faults.redirect = "http://127.0.0.1:1/model.onnx"
    with pytest.raises(SourceFailed, match="without HTTPS"):
        download(f"{server.url}/model.onnx", target, SIZE, _silent)


def test_a_certificate_of_nobody_we_trust_is_refused(
    server: HttpsServer, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(SourceFailed, match="CERTIFICATE"):
        download(f"{server.url}/model.onnx", target, SIZE, _silent)
    assert not target.exists()


def test_nobody_listening_is_a_failed_source(target: Path) -> None:
    with pytest.raises(SourceFailed):
        download("https://127.0.0.1:1/model.onnx", target, SIZE, _silent)
