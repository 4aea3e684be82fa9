"""A live face against the photo of a simulated chip, through the reader and the real models."""

import cv2
import numpy as np

from devices import resident_id
from devices.resident_id import simulated_photo
from devices.resident_id.simulated_photo import SimulatedPhotoDecoder
from devices.resident_id.simulator import ResidentIdSimulator
from devices.resident_id.virtual import VirtualCard
from models.engine import FaceEngine
from models.types import Floats, Image
from shualian.demo import sample


def embedded(engine: FaceEngine, picture: Image) -> Floats:
    """The only face of a picture, as a unit vector."""
    (face,) = engine.detect(picture)
    return engine.embed(engine.align(picture, face)[None])[0]


def test_a_chips_photo_matches_its_holder_and_nobody_else(
    engine: FaceEngine, people: tuple[sample.SamplePerson, ...]
) -> None:
    assert engine.calibration is not None
    threshold = engine.calibration.threshold(1e-4).cosine
    picture = np.asarray(cv2.imread(str(sample.find_picture())), np.uint8)
    faces = sorted(engine.detect(picture), key=lambda face: face.box[0])
    live = engine.embed(np.stack([engine.align(picture, face) for face in faces]))
    chips = []
    with ResidentIdSimulator() as simulator, resident_id.open(simulator.url) as reader:
        for person, face in zip(people, faces, strict=True):
            photo = simulated_photo.encode(simulated_photo.portrait(picture, face.box))
            simulator.present(VirtualCard.of(person.card, photo=photo))
            reading, read = reader.read_with_photo(5)
            assert reading.simulated
            chips.append(embedded(engine, SimulatedPhotoDecoder().decode(read)))
    cosines = np.stack(chips) @ live.T
    own, others = np.diag(cosines), cosines[~np.eye(len(faces), dtype=bool)]
    assert own.min() > threshold + 0.2
    assert others.max() < threshold
