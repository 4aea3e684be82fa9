"""Galleries (库): the templates of one institution, with one model pack and one key."""

from dataclasses import dataclass
from typing import Protocol

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from verifier.protocol.values import new_id, now
from verifier.store.schema import Gallery as GalleryRow
from verifier.trust.erasures import ErasureList
from verifier.trust.keys import KeyRing
from verifier.trust.sealing import KEY_BYTES, Secret, new_key

from .errors import IdentityRefused


class Pack(Protocol):
    """What a gallery asks of a model pack (`models.types.PackInfo` is one)."""

    @property
    def name(self) -> str: ...
    @property
    def digest(self) -> str: ...
    @property
    def dim(self) -> int: ...


@dataclass(frozen=True)
class GallerySecrets:
    """What follows from a gallery's key: never stored, never printed."""

    wrap_key: Secret
    """Wraps the data keys of this gallery's people."""
    rotation_key: Secret
    """Seeds the rotation of its templates."""
    source_key: Secret
    """Under which the photos that a template came from are hashed."""


@dataclass(frozen=True)
class Gallery:
    """An open gallery."""

    id: str
    institution: str
    dim: int
    pack: str
    pack_digest: str
    secrets: GallerySecrets
    erasures: ErasureList | None = None
    """What is gone for good, kept beside the keys; None where those are in memory only."""


def open_gallery(conn: Connection, keyring: KeyRing, institution: str, pack: Pack) -> Gallery:
    """The institution's gallery, made if there is none.

    Raises `IdentityRefused` (`gallery.other_pack`) if its templates are of another pack: embeddings
    of two packs never compare, so people have to be enrolled anew.
    """
    gallery = new_id()
    conn.execute(
        insert(GalleryRow)
        .values(
            id=gallery,
            institution=institution,
            pack=pack.name,
            pack_digest=pack.digest,
            dim=pack.dim,
            key_sealed=keyring.store.wrap(new_key(), place_of_key(gallery)),
            created_at=now(),
        )
        .on_conflict_do_nothing()
    )
    found = find_gallery(conn, keyring, institution)
    if found is None:
        raise IdentityRefused("gallery.missing", "the institution has no gallery")
    if (found.pack_digest, found.dim) != (pack.digest, pack.dim):
        raise IdentityRefused(
            "gallery.other_pack",
            f"the gallery holds templates of pack {found.pack}; people must be enrolled anew for "
            f"{pack.name}",
        )
    return found


_FIND = select(GalleryRow.__table__).where(GalleryRow.institution == bindparam("institution"))


def find_gallery(conn: Connection, keyring: KeyRing, institution: str) -> Gallery | None:
    """The institution's gallery, or None."""
    row = conn.execute(_FIND, {"institution": institution}).mappings().one_or_none()
    if row is None:
        return None
    return Gallery(
        id=row["id"],
        institution=institution,
        dim=row["dim"],
        pack=row["pack"],
        pack_digest=row["pack_digest"],
        secrets=gallery_secrets(keyring, row["id"], row["key_sealed"]),
        erasures=ErasureList.of(keyring, institution),
    )


def gallery_secrets(keyring: KeyRing, gallery: str, key_sealed: bytes) -> GallerySecrets:
    """Unwrap a gallery's key. Raises `SealBroken`."""
    return secrets_of(keyring.store.unwrap(key_sealed, place_of_key(gallery)))


def secrets_of(key: Secret) -> GallerySecrets:
    """What follows from a gallery's key."""
    return GallerySecrets(*(_derived(key, label) for label in ("wrap", "rotation", "source")))


def place_of_key(gallery: str) -> str:
    """Where a gallery's wrapped key stands: to this it is bound."""
    return f"galleries.key/{gallery}"


def _derived(key: Secret, label: str) -> Secret:
    info = b"shualian/1/gallery/" + label.encode()
    return Secret(HKDF(SHA256(), KEY_BYTES, salt=None, info=info).derive(key))
