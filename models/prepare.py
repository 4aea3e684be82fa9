"""Rewrite a pack's graphs once, prove that they still answer the same, and record it."""

from collections.abc import Mapping
from pathlib import Path

import onnx

from . import proof, record
from .errors import GraphUnsupported, ModelError, NotEquivalent, PackNotFetched
from .files import sha256, write
from .forms import FORMS, PREFERRED, folded, made
from .manifest import Manifest, Role
from .record import Prepared, Trial
from .runtime import PROVIDERS, installed, open_session, version
from .types import Floats

_THREADS = 2


def prepare(manifest: Manifest, folder: Path) -> Prepared:
    """Prepare a fetched pack, unless it is prepared for the runtimes that are installed.

    Raises:
        NotEquivalent: not even ONNX Runtime gives the folded graph's answers.
        GraphUnsupported: a file is not the model that its family names.
        DiskFull, CacheUnwritable: the folder does not take the files.
    """
    current = current_record(manifest, folder)
    if current is not None:
        return current
    sources = load_sources(manifest, folder)
    files, graphs = _write_forms(manifest, sources, folder / "prepared")
    trials = try_providers(manifest, sources, graphs, folder / "prepared")
    prepared = Prepared(
        format=record.FORMAT,
        pack=manifest.name,
        digest=record.digest(manifest.name, layout(manifest), files),
        files=files,
        sources={role.file: role.sha256 for role in manifest.roles.values()},
        graphs=graphs,
        trials=trials,
        choice=choose(manifest, trials),
    )
    record.save(folder, prepared)
    return prepared


def layout(manifest: Manifest) -> str:
    """What besides the graphs an embedding depends on."""
    role = manifest.roles["embedder"]
    return f"{role.family}/{role.input.order}/{role.input.side}/arcface"


def current_record(manifest: Manifest, folder: Path) -> Prepared | None:
    """The record, if the pack is prepared for the runtimes that are installed; else None."""
    try:
        prepared = record.load(folder)
        record.check(folder, prepared)
    except ModelError:
        return None
    wanted = {role.file: role.sha256 for role in manifest.roles.values()}
    versions = {name: version(name) for name in installed()}
    known = {name: trial.version for name, trial in prepared.trials.items()}
    return prepared if (prepared.sources, known) == (wanted, versions) else None


def load_sources(manifest: Manifest, folder: Path) -> dict[str, onnx.ModelProto]:
    """The models as published, by role.

    Raises:
        PackNotFetched: a file is not there.
        GraphUnsupported: a file is no ONNX model.
    """
    return {name: _source(folder, role) for name, role in manifest.roles.items()}


def _source(folder: Path, role: Role) -> onnx.ModelProto:
    try:
        return onnx.load(str(folder / "files" / role.file))
    except FileNotFoundError as error:
        raise PackNotFetched(f"{role.file} is not in the cache") from error
    except Exception as error:
        raise GraphUnsupported(f"{role.file} is no ONNX model") from error


def _write_forms(
    manifest: Manifest, sources: Mapping[str, onnx.ModelProto], target: Path
) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    files: dict[str, str] = {}
    graphs: dict[str, dict[str, str]] = {provider: {} for provider in PROVIDERS}
    for name, role in manifest.roles.items():
        for form in FORMS[role.family]:
            file = form.file(name)
            write(target / file, [made(sources[name], form)])
            files[file] = sha256(target / file)
            for provider in form.providers:
                graphs[provider][name] = file
    _drop_others(target, files)
    return files, graphs


def _drop_others(target: Path, files: Mapping[str, str]) -> None:
    """Remove what an older preparation left."""
    for path in target.glob("*.onnx"):
        if path.name not in files and not path.name.startswith("."):
            path.unlink(missing_ok=True)


def try_providers(
    manifest: Manifest,
    sources: Mapping[str, onnx.ModelProto],
    graphs: Mapping[str, Mapping[str, str]],
    prepared: Path,
) -> dict[str, Trial]:
    """Hold every installed provider against the folded graphs on ONNX Runtime."""
    expected = {name: _expected(sources[name], role) for name, role in manifest.roles.items()}
    trials = {}
    for provider in installed():
        differences, times = {}, {}
        for name, role in manifest.roles.items():
            session = open_session(prepared / graphs[provider][name], provider, _THREADS)
            differences[name] = proof.difference(session, role.family, expected[name])
            times[name] = proof.milliseconds(session, role.family)
        trials[provider] = Trial(
            version=version(provider),
            passed=max(differences.values()) <= proof.TOLERANCE,
            difference=differences,
            milliseconds=times,
        )
    return trials


def _expected(source: onnx.ModelProto, role: Role) -> list[Floats]:
    model = onnx.ModelProto()
    model.CopyFrom(source)
    folded(model)
    session = open_session(model.SerializeToString(), PROVIDERS[0], _THREADS)
    return proof.reference(session, role.family)


def choose(manifest: Manifest, trials: Mapping[str, Trial]) -> dict[str, str]:
    """What `auto` means by role: the first of the family's preferred providers that passes.

    The choice does not hang on one timing, so that two preparations on a machine agree.

    Raises:
        NotEquivalent: no provider passes.
    """
    passed = [provider for provider, trial in trials.items() if trial.passed]
    if not passed:
        worst = {name: max(trial.difference.values()) for name, trial in trials.items()}
        raise NotEquivalent(f"no provider gives the folded graph's answers: {worst}")
    return {
        name: next(provider for provider in PREFERRED[role.family] if provider in passed)
        for name, role in manifest.roles.items()
    }
