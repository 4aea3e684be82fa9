"""A person's data key: seals what is readable of one person, wrapped by the gallery's key.

Setting `people.data_key_sealed` to NULL erases the person: nothing else opens the name, the numbers
or the template, in whatever copy of the other tables they still stand. A copy of the wrapped key
itself must go the same way, so back-ups must keep `people` apart and short.
"""

from verifier.trust.sealing import Secret, new_key, seal, unseal

from .galleries import GallerySecrets


def new_data_key(secrets: GallerySecrets, person: str) -> tuple[Secret, bytes]:
    """A fresh data key, and its wrapped form for the person's row."""
    key = new_key()
    return key, seal(secrets.wrap_key, key, f"people.data_key/{person}")


def open_data_key(secrets: GallerySecrets, person: str, wrapped: bytes) -> Secret:
    """The data key of this person. Raises `SealBroken`."""
    return unseal(secrets.wrap_key, wrapped, f"people.data_key/{person}")
