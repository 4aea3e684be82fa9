"""Preparation of the real pack: deterministic, proved, recorded, and refused when it is wrong."""

import base64
import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from models import errors, proof, record
from models import manifest as manifests
from models.files import sha256
from models.forms import FORMS, folded, made
from models.prepare import choose
from models.record import Trial
from models.runtime import PROVIDERS, open_session
from models.verify import verify


def _source(pack: Path, role: str) -> onnx.ModelProto:
    return onnx.load(str(pack / "files" / manifests.load("opencv-zoo").roles[role].file))


@pytest.mark.parametrize("role", ["detector", "embedder"])
def test_the_same_original_gives_the_same_bytes(pack: Path, role: str) -> None:
    family = manifests.load("opencv-zoo").roles[role].family
    for form in FORMS[family]:
        one = made(_source(pack, role), form)
        assert one == made(_source(pack, role), form)
        assert one == (pack / "prepared" / form.file(role)).read_bytes()


def test_the_record_names_every_prepared_file_and_its_digest_hangs_on_each(pack: Path) -> None:
    prepared = record.load(pack)
    assert prepared.files == {
        path.name: sha256(path) for path in sorted((pack / "prepared").iterdir())
    }
    assert len(base64.urlsafe_b64decode(prepared.digest + "=")) == 32
    files = dict(prepared.files)
    files["detector.onnx"] = "0" * 64
    assert record.digest("opencv-zoo", "x", files) != record.digest(
        "opencv-zoo", "x", prepared.files
    )


def test_every_provider_was_proved_within_the_tolerance_and_its_time_recorded(pack: Path) -> None:
    prepared = record.load(pack)
    assert set(prepared.trials) == set(PROVIDERS)
    for trial in prepared.trials.values():
        assert trial.passed
        assert 0 < max(trial.difference.values()) <= proof.TOLERANCE
        assert min(trial.milliseconds.values()) > 0
    assert prepared.choice == {"detector": "onnxruntime", "embedder": "openvino"}


def test_no_prepared_graph_lists_a_weight_as_input_or_holds_a_prelu_for_onnx_runtime(
    pack: Path,
) -> None:
    for path in (pack / "prepared").iterdir():
        model = onnx.load(str(path))
        assert len(model.graph.input) == 1
        kinds = {node.op_type for node in model.graph.node}
        assert "BatchNormalization" not in kinds or path.name == "embedder.compact.onnx"
        assert "PRelu" not in kinds or path.name == "embedder.compact.onnx"


@pytest.mark.parametrize("role", ["detector", "embedder"])
def test_a_graph_with_one_wrong_weight_fails_the_proof(pack: Path, role: str) -> None:
    family = manifests.load("opencv-zoo").roles[role].family
    reference = _source(pack, role)
    folded(reference)
    session = open_session(reference.SerializeToString(), "onnxruntime", 1)
    expected = proof.reference(session, family)
    form = FORMS[family][0]
    wrong = onnx.load_from_string(made(_source(pack, role), form))
    weight = max(wrong.graph.initializer, key=lambda item: len(item.raw_data))
    value = numpy_helper.to_array(weight) * np.float32(1.01)
    weight.CopyFrom(numpy_helper.from_array(value, weight.name))
    changed = open_session(wrong.SerializeToString(), "onnxruntime", 1)
    assert proof.difference(changed, family, expected) > proof.TOLERANCE
    right = open_session(made(_source(pack, role), form), "onnxruntime", 1)
    assert proof.difference(right, family, expected) <= proof.TOLERANCE


def _trial(passed: bool) -> Trial:
    return Trial(version="1", passed=passed, difference={"embedder": 1.0}, milliseconds={})


def test_a_provider_that_fails_its_proof_is_not_chosen() -> None:
    manifest = manifests.load("opencv-zoo")
    chosen = choose(manifest, {"onnxruntime": _trial(True), "openvino": _trial(False)})
    assert set(chosen.values()) == {"onnxruntime"}
    with pytest.raises(errors.NotEquivalent):
        choose(manifest, {"onnxruntime": _trial(False)})


def test_verifying_changes_nothing_and_proves_again(pack: Path) -> None:
    before = (pack / "prepared.json").read_bytes()
    found = verify()
    assert all(trial.passed for trial in found.trials.values())
    assert (pack / "prepared.json").read_bytes() == before
    assert json.loads(before)["digest"] == found.prepared.digest


def test_verifying_finds_a_changed_original(pack: Path, tmp_path: Path) -> None:
    import shutil

    copy = Path(shutil.copytree(pack, tmp_path / "packs" / pack.name))
    file = manifests.load("opencv-zoo").roles["embedder"].file
    data = bytearray((copy / "files" / file).read_bytes())
    data[5_000_000] ^= 1
    (copy / "files" / file).write_bytes(data)
    with pytest.raises(errors.DigestMismatch):
        verify(cache=tmp_path)


def test_a_provider_refuses_bytes_that_are_no_graph_by_a_typed_error() -> None:
    for provider in PROVIDERS:
        with pytest.raises(errors.InferenceFailed):
            open_session(b"no graph", provider, 1)


def test_a_provider_refuses_an_input_of_another_size_by_a_typed_error(pack: Path) -> None:
    wrong = {"data": np.zeros((1, 3, 5, 5), np.float32)}
    for provider, name in (("onnxruntime", "blocked"), ("openvino", "compact")):
        session = open_session(pack / "prepared" / f"embedder.{name}.onnx", provider, 1)
        with pytest.raises(errors.InferenceFailed):
            session.run(wrong)
        right = {"data": np.zeros((1, 3, 112, 112), np.float32)}
        assert session.run(right)["fc1"].shape == (1, 128)
