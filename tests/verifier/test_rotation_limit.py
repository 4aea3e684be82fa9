"""What the keyed rotation of templates is worth, and what only encryption gives.

An attacker knows some people's faces (a photo each, hence their embeddings) and looks for the
matrix that turned them: orthogonal Procrustes, U V^T of the singular value decomposition.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from models.calibration import Calibration
from verifier.identity import templates
from verifier.identity.galleries import Gallery
from verifier.trust.keys import KeyRing

from .fixtures import register_somebody, unit_vectors

Vectors = NDArray[np.float64]

DIM = 128
UNKNOWN = 200
ACCEPTED_AT = 0.40
"""A cosine that the default pack takes for the same person; a test below holds that it does."""


def procrustes(known: Vectors, turned: Vectors) -> Vectors:
    """The orthogonal matrix Q that brings `known @ Q.T` nearest to `turned`."""
    u, _, vt = np.linalg.svd(turned.T @ known)
    return np.asarray(u @ vt)


def recovered(gallery: Gallery, known_faces: int) -> Vectors:
    """Cosines between people's faces and what the attacker makes of their rotated templates."""
    known = unit_vectors(known_faces, seed=1)
    others = unit_vectors(UNKNOWN, seed=2)
    guess = procrustes(known.astype(float), templates.rotate(gallery.secrets, known).astype(float))
    return np.asarray((templates.rotate(gallery.secrets, others) @ guess * others).sum(axis=1))


def test_the_default_pack_takes_that_cosine_for_the_same_person() -> None:
    calibration = Calibration.load("opencv-zoo")
    assert calibration is not None
    assert calibration.threshold(1e-4).cosine <= ACCEPTED_AT


def test_without_a_known_face_a_rotated_template_is_nobodys(gallery: Gallery) -> None:
    assert np.abs(np.median(recovered(gallery, 1))) < 0.1
    assert (recovered(gallery, 1) < ACCEPTED_AT).mean() > 0.99


def test_sixty_four_known_faces_are_enough_for_procrustes(gallery: Gallery) -> None:
    """Half as many as dimensions: most of the other people's faces pass for their own already."""
    found = recovered(gallery, DIM // 2)
    assert np.median(found) > ACCEPTED_AT
    assert (found > ACCEPTED_AT).mean() > 0.75


def test_as_many_known_faces_as_dimensions_give_procrustes_every_face(gallery: Gallery) -> None:
    assert recovered(gallery, DIM).min() > 0.999


def test_a_reader_of_a_dump_learns_no_rotation_from_the_faces_that_they_know(
    conn: Connection, keyring: KeyRing, gallery: Gallery
) -> None:
    """The same attack on what stands in the database, with every face but the last one known."""
    faces = unit_vectors(DIM + 1, seed=3)
    for number, face in enumerate(faces):
        who = register_somebody(conn, keyring, gallery.institution, f"T{number}")
        templates.enrol(conn, keyring, gallery, who.id, who.consent, face[None], 0.9)
    columns = conn.scalars(text("SELECT vector_sealed FROM templates ORDER BY revision")).all()
    open_ones = [
        bytes(HEAD) + templates.rotate(gallery.secrets, face).astype("<f4").tobytes() + bytes(16)
        for face in faces
    ]
    assert [len(column) for column in columns] == [len(column) for column in open_ones]
    assert attacked(open_ones, faces) > 0.999
    assert abs(attacked(columns, faces)) < ACCEPTED_AT


HEAD = 13
"""Bytes before the ciphertext: suite and nonce."""


def attacked(columns: Sequence[bytes], faces: NDArray[np.float32]) -> float:
    """The last face's cosine with what its column gives to who knows all the others."""
    stored = np.stack([as_vector(column) for column in columns])
    guess = procrustes(faces[:-1].astype(float), stored[:-1])
    return float(stored[-1] @ guess @ faces[-1])


def as_vector(column: bytes) -> Vectors:
    """The column taken for float32, with what no unit vector holds cut off."""
    numbers = np.frombuffer(column[HEAD : HEAD + 4 * DIM], dtype="<f4")
    bounded = np.clip(np.nan_to_num(numbers), -1, 1).astype(np.float64)
    return np.asarray(bounded / np.linalg.norm(bounded))
