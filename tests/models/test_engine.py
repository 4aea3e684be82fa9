"""The loaded pack: what it says of itself, what it refuses, and that threads may share it."""

import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from models import errors
from models.engine import FaceEngine, load_engine
from models.frames import MAX_SIDE
from models.runtime import PROVIDERS, Session, open_session
from models.types import Face, Floats, Image


def test_a_pack_says_what_it_is(engine: FaceEngine) -> None:
    assert engine.pack.name == "opencv-zoo"
    assert engine.pack.dim == 128
    assert engine.pack.commercial_use
    assert len(engine.pack.digest) == 43


def test_an_observation_holds_every_face_and_judges_the_largest(
    engine: FaceEngine, sample: Image, sample_faces: list[Face]
) -> None:
    seen = engine.observe(sample)
    assert len(seen.faces) == len(sample_faces)
    assert seen.face is not None
    assert seen.face.area == max(face.area for face in seen.faces)
    assert seen.quality is not None
    assert "many_faces" in seen.quality.reasons


def test_an_observation_of_nobody_has_no_face_and_says_so(engine: FaceEngine) -> None:
    seen = engine.observe(np.full((360, 640, 3), 90, np.uint8))
    assert (seen.faces, seen.face) == ((), None)
    assert seen.quality is not None
    assert seen.quality.reasons == ("no_face",)


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (None, "frame.none"),
        ([[1, 2, 3]], "frame.shape"),
        (np.zeros((4, 4), np.uint8), "frame.shape"),
        (np.zeros((4, 4, 4), np.uint8), "frame.shape"),
        (np.zeros((4, 4, 3), np.float32), "frame.dtype"),
        (np.zeros((0, 4, 3), np.uint8), "frame.empty"),
        (np.zeros((4, 0, 3), np.uint8), "frame.empty"),
        (np.zeros((1, MAX_SIDE + 1, 3), np.uint8), "frame.too_large"),
        (np.broadcast_to(np.uint8(0), (8000, 8000, 3)), "frame.too_large"),
    ],
)
def test_what_is_no_frame_is_refused_by_name(
    engine: FaceEngine, sample_faces: list[Face], frame: object, code: str
) -> None:
    calls = [
        engine.detect,
        engine.observe,
        lambda image: engine.align(image, sample_faces[0]),
        lambda image: engine.quality(image, sample_faces),
    ]
    for call in calls:
        with pytest.raises(errors.FrameRefused) as caught:
            call(frame)
        assert caught.value.code == code
        assert caught.value.detail


def test_a_frame_need_not_be_contiguous(engine: FaceEngine, sample: Image) -> None:
    assert len(engine.detect(sample[:, ::-1])) == len(engine.detect(sample[:, ::-1].copy()))


@pytest.mark.parametrize("provider", ["auto", *PROVIDERS])
def test_threads_that_share_an_engine_get_what_one_alone_gets(
    pack: Path, sample: Image, provider: str
) -> None:
    assert pack.is_dir()
    engine = load_engine(provider=provider, threads=1)
    faces = engine.detect(sample)
    crops = np.stack([engine.align(sample, face) for face in faces])
    alone = np.concatenate([engine.embed(crop[None]) for crop in crops])

    def work(index: int) -> np.ndarray:
        assert len(engine.detect(sample)) == len(faces)
        return engine.embed(crops[index % 6][None])[0]

    with ThreadPoolExecutor(4) as pool:
        rows = np.stack(list(pool.map(work, range(12))))
    np.testing.assert_allclose(rows, np.concatenate([alone, alone]), atol=1e-6)


def test_every_provider_gives_the_same_embeddings(engine: FaceEngine, sample: Image) -> None:
    crops = np.stack([engine.align(sample, face) for face in engine.detect(sample)])
    expected = engine.embed(crops)
    for provider in PROVIDERS:
        np.testing.assert_allclose(load_engine(provider=provider).embed(crops), expected, atol=1e-4)


def test_onnx_runtimes_threads_rest_between_runs(pack: Path) -> None:
    session = open_session(pack / "prepared" / "detector.onnx", PROVIDERS[0], 2)
    feed = {"input": np.zeros((1, 3, 384, 640), np.float32)}
    assert min(_seconds_spent_at_rest(session, feed) for _ in range(5)) < 0.01


def _seconds_spent_at_rest(session: Session, feed: dict[str, Floats]) -> float:
    """Processor time of this process in the tenth of a second after a run."""
    session.run(feed)
    start = time.process_time()
    time.sleep(0.1)
    return time.process_time() - start


def test_an_unknown_pack_is_refused_by_name() -> None:
    with pytest.raises(errors.PackUnknown) as caught:
        load_engine("../../etc/passwd")
    assert caught.value.code == "pack.unknown"


def test_a_pack_that_was_not_fetched_is_named_with_the_way_to_fetch_it(tmp_path: Path) -> None:
    with pytest.raises(errors.PackNotFetched, match="shualian models fetch opencv-zoo"):
        load_engine(cache=tmp_path)


def test_an_unknown_provider_is_refused(pack: Path) -> None:
    assert pack.is_dir()
    with pytest.raises(errors.ProviderUnavailable):
        load_engine(provider="abacus")


def _copied(pack: Path, cache: Path) -> Path:
    return Path(shutil.copytree(pack, cache / "packs" / pack.name))


@pytest.mark.parametrize("name", ["detector", "embedder.blocked", "embedder.compact"])
def test_one_changed_byte_of_a_prepared_graph_keeps_it_from_loading(
    pack: Path, tmp_path: Path, name: str
) -> None:
    path = _copied(pack, tmp_path) / "prepared" / f"{name}.onnx"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(errors.DigestMismatch):
        load_engine(cache=tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 1}', '{"format": 0, "pack": "x"}'])
def test_a_damaged_record_asks_for_a_new_fetch(pack: Path, tmp_path: Path, text: str) -> None:
    (_copied(pack, tmp_path) / "prepared.json").write_text(text)
    with pytest.raises(errors.PackNotFetched, match="fetch"):
        load_engine(cache=tmp_path)
