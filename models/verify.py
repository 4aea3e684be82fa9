"""Hold a fetched pack against its manifest, and prove its graphs again on this machine."""

from dataclasses import dataclass
from pathlib import Path

from . import manifest as manifests
from . import record
from .cache import pack_folder
from .errors import DigestMismatch, NotEquivalent, PackNotFetched
from .fetch import is_whole
from .prepare import load_sources, try_providers
from .record import Prepared, Trial


@dataclass(frozen=True)
class Verified:
    """What was found: the record, and new trials of every provider that is installed."""

    prepared: Prepared
    trials: dict[str, Trial]


def verify(pack: str = manifests.DEFAULT_PACK, cache: Path | None = None) -> Verified:
    """Check every digest and every provider's answers; change nothing.

    Raises:
        PackUnknown, PackNotFetched, DigestMismatch.
        NotEquivalent: a provider that `auto` would use no longer gives the folded graph's answers.
    """
    manifest, folder = manifests.load(pack), pack_folder(pack, cache)
    if manifest.engine != "onnx":
        raise PackNotFetched(f"{pack} runs through the insightface package and is not prepared")
    prepared = record.load(folder)
    record.check(folder, prepared)
    for role in manifest.roles.values():
        if not is_whole(folder / "files" / role.file, role):
            raise DigestMismatch(f"{role.file} is not the file that the manifest names")
    sources = load_sources(manifest, folder)
    trials = try_providers(manifest, sources, prepared.graphs, folder / "prepared")
    failed = sorted(
        name for name in prepared.choice.values() if name in trials and not trials[name].passed
    )
    if failed:
        raise NotEquivalent(f"{', '.join(failed)} no longer gives the folded graph's answers")
    return Verified(prepared, trials)
