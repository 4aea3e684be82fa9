"""Bring a pack into the cache: fetch, check, prepare. A second run does nothing, offline."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from . import manifest as manifests
from .cache import pack_folder
from .engine import require_licence
from .errors import DigestMismatch, SourceFailed
from .files import sha256
from .manifest import Manifest, Role
from .prepare import current_record, prepare
from .record import Prepared
from .sources import sources, take


@dataclass(frozen=True)
class Step:
    """Progress. `source`: one is tried; `file`: `done` of `total` bytes of it are here; `prepare`:
    graphs are rewritten and proved; `ready`."""

    stage: Literal["source", "file", "prepare", "ready"]
    name: str = ""
    done: int = 0
    total: int = 0


Progress = Callable[[Step], None]


def _silent(_: Step) -> None:
    return None


def fetch(
    pack: str = manifests.DEFAULT_PACK,
    cache: Path | None = None,
    progress: Progress = _silent,
    *,
    folder: Path | None = None,
    accept_licence: bool = False,
) -> Prepared:
    """Fetch what is missing, check digests, prepare.

    Args:
        folder: tried before every other source.

    Raises:
        PackUnknown, LicenceNotAccepted, SourceFailed, DigestMismatch, DiskFull, CacheUnwritable,
        GraphUnsupported, NotEquivalent.
    """
    manifest = manifests.load(pack)
    require_licence(manifest, accept_licence)
    if manifest.engine == "insightface":
        raise SourceFailed(
            f"the files of {pack} are not fetched: their licence forbids it. Lay "
            f"{' and '.join(manifest.files.values())} into {pack_folder(pack, cache) / 'files'}"
        )
    files = pack_folder(pack, cache) / "files"
    missing = [role for role in manifest.roles.values() if not is_whole(files / role.file, role)]
    if missing:
        _bring(manifest, missing, files, progress, folder)
    prepared = current_record(manifest, files.parent)
    if prepared is None:
        progress(Step("prepare", pack))
        prepared = prepare(manifest, files.parent)
    progress(Step("ready", pack))
    return prepared


def _bring(
    manifest: Manifest,
    roles: Sequence[Role],
    files: Path,
    progress: Progress,
    folder: Path | None,
) -> None:
    sizes = {role.file: role.size for role in roles}
    failures: list[str] = []
    for source in sources(manifest, folder):
        progress(Step("source", source.requirement or str(source.folder or source.url)))
        try:
            take(
                source,
                roles,
                files,
                lambda name, done: progress(Step("file", name, done, sizes[name])),
            )
        except SourceFailed as error:
            failures.append(f"{source.kind}: {error}")
            continue
        for role in roles:
            check(files / role.file, role)
        return
    raise SourceFailed(f"no source has the pack {manifest.name}. {'; '.join(failures)}")


def is_whole(path: Path, role: Role) -> bool:
    """Is this the file that the manifest names?"""
    return path.is_file() and path.stat().st_size == role.size and sha256(path) == role.sha256


def check(path: Path, role: Role) -> None:
    """Raise `DigestMismatch`, and remove the file, unless it is the one that the manifest names."""
    if not is_whole(path, role):
        path.unlink(missing_ok=True)
        raise DigestMismatch(f"{role.file} is not the file that the manifest names; it was removed")
