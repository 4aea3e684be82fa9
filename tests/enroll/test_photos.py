"""Photos come from one folder and from nowhere else, and become samples or a reason."""

import os
import unicodedata
from pathlib import Path

import cv2
import numpy as np
import pytest

from enroll.errors import EnrollRefused, PersonRefused
from enroll.photos import Photo, PhotoFolder
from enroll.samples import LeftOut, refuse_strangers, samples_of, source_key
from models.engine import FaceEngine
from models.types import Image
from verifier.identity.galleries import GallerySecrets
from verifier.trust.sealing import new_key

from .conftest import jpeg


def code_of(folder: Path, name: str) -> str:
    """The code with which this name is refused."""
    with pytest.raises(PersonRefused) as error:
        PhotoFolder(folder).read(name)
    return error.value.code


def test_a_photo_is_read_by_its_name(photos: Path, photo_bytes: list[bytes]) -> None:
    assert PhotoFolder(photos).read("1.jpg").data == photo_bytes[1]


def test_a_photo_does_not_show_its_bytes() -> None:
    assert repr(Photo("0.jpg", b"secret")) == "Photo(name='0.jpg')"


@pytest.mark.parametrize("name", ["../outside.jpg", "/etc/hostname", "..\\outside.jpg", "link.jpg"])
def test_nothing_outside_the_folder_is_read(photos: Path, name: str) -> None:
    (photos.parent / "outside.jpg").write_bytes(b"x")
    (photos / "link.jpg").symlink_to(photos.parent / "outside.jpg")
    assert code_of(photos, name) == "photo_outside"


def test_a_file_that_is_absent_or_no_file_is_told_apart(photos: Path) -> None:
    os.mkfifo(photos / "pipe.jpg")
    (photos / "folder.jpg").mkdir()
    assert code_of(photos, "absent.jpg") == "photo_not_found"
    assert code_of(photos, "pipe.jpg") == "photo_unreadable"
    assert code_of(photos, "folder.jpg") == "photo_unreadable"
    assert code_of(photos, "nul\0.jpg") == "photo_unreadable"
    assert code_of(photos, "x" * 300 + ".jpg") == "photo_unreadable"


def test_a_name_composed_by_another_system_is_found(photos: Path) -> None:
    (photos / unicodedata.normalize("NFD", "é.jpg")).write_bytes(b"x")
    assert PhotoFolder(photos).read("é.jpg").data == b"x"


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "absent", tmp_path / "file"):
        with pytest.raises(EnrollRefused) as error:
            PhotoFolder(path)
        assert error.value.code == "photos.no_folder"


def test_samples_are_unit_vectors_of_the_photos_that_can_be_used(
    engine: FaceEngine, photo_bytes: list[bytes]
) -> None:
    samples = samples_of(
        engine,
        [Photo("0.jpg", photo_bytes[0]), Photo("no.txt", b"text"), Photo("1.jpg", photo_bytes[1])],
    )
    assert samples.vectors.shape == (2, engine.pack.dim)
    assert np.allclose(np.linalg.norm(samples.vectors, axis=1), 1, atol=1e-5)
    assert samples.left_out == (LeftOut("no.txt", "image.format"),)
    assert 0 < samples.quality <= 1


def test_samples_are_averaged_with_their_mirror_images(
    engine: FaceEngine, portraits: list[Image]
) -> None:
    png = cv2.imencode(".png", portraits[0])[1].tobytes()
    crop = engine.align(portraits[0], engine.observe(portraits[0]).face)  # type: ignore[arg-type]
    expected = engine.embed(crop[None], mirror=True)
    plain = engine.embed(crop[None], mirror=False)
    found = samples_of(engine, [Photo("0.png", png)]).vectors
    assert np.allclose(found, expected, atol=1e-4)
    assert not np.allclose(found, plain, atol=1e-3)


def bad_photo(kind: str, portraits: list[Image], sample: Image) -> bytes:
    """A file that must not enrol anybody."""
    good = portraits[0]
    if kind == "truncated":
        return jpeg(good)[:-2000]
    if kind == "lying":  # a header that claims 60000 x 60000 pixels
        data = bytearray(jpeg(good))
        at = data.index(b"\xff\xc0") + 5
        data[at : at + 4] = (60000).to_bytes(2, "big") * 2
        return bytes(data)
    if kind in ("empty", "text"):
        return b"" if kind == "empty" else b"GIF89a" + bytes(100)
    pictures = {
        "crowd": sample,
        "black": np.zeros((400, 300, 3), np.uint8),
        "tiny": cv2.resize(good, (48, 54)),
        "dark": (good * 0.08).astype(np.uint8),
        "blurred": cv2.GaussianBlur(good, (0, 0), 9),
    }
    return jpeg(np.asarray(pictures[kind], np.uint8))


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        ("empty", {"image.empty"}),
        ("text", {"image.format"}),
        ("truncated", {"image.truncated"}),
        ("lying", {"image.too_many_pixels", "image.header"}),
        ("crowd", {"quality.many_faces"}),
        ("black", {"quality.no_face"}),
        ("tiny", {"quality.too_small", "quality.no_face"}),
        ("dark", {"quality.too_dark", "quality.no_face"}),
        ("blurred", {"quality.blurred", "quality.no_face"}),
    ],
)
def test_a_photo_that_cannot_be_used_is_refused_with_its_reason(
    engine: FaceEngine,
    portraits: list[Image],
    sample_picture: Path,
    kind: str,
    codes: set[str],
) -> None:
    sample = np.asarray(cv2.imread(str(sample_picture)), np.uint8)
    with pytest.raises(PersonRefused) as error:
        samples_of(engine, [Photo("x.jpg", bad_photo(kind, portraits, sample))])
    assert error.value.code in codes


def test_no_photo_at_all_is_a_reason_too(engine: FaceEngine) -> None:
    with pytest.raises(PersonRefused) as error:
        samples_of(engine, [])
    assert error.value.code == "photo_missing"


def test_samples_of_two_people_are_no_person(engine: FaceEngine, photo_bytes: list[bytes]) -> None:
    both = samples_of(engine, [Photo("0", photo_bytes[0]), Photo("1", photo_bytes[1])])
    with pytest.raises(PersonRefused) as error:
        refuse_strangers(both.vectors, 0.3)
    assert error.value.code == "samples_differ"
    refuse_strangers(both.vectors[:1], 0.3)


def test_the_same_set_of_photos_has_one_key_and_each_gallery_another() -> None:
    one, other = (GallerySecrets(new_key(), new_key(), new_key()) for _ in range(2))
    a, b = Photo("a", b"a"), Photo("b", b"b")
    assert source_key(one, [a, b]) == source_key(one, [b, a, Photo("copy", b"a")])
    assert source_key(one, [a]) != source_key(one, [b])
    assert source_key(one, [a]) != source_key(other, [a])
