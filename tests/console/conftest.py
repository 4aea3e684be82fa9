"""A hospital whose verifier serves the staff's pages."""

from collections.abc import Iterator

import pytest

from console.app import mount
from tests.verifier.fixtures import database, gallery, institution, keyring
from tests.verifier.serving.hospital import Hospital, open_hospital
from verifier.identity.galleries import Gallery
from verifier.store.database import Database
from verifier.trust.keys import KeyRing

__all__ = ["database", "gallery", "institution", "keyring"]


@pytest.fixture
def hospital(
    database: Database,
    keyring: KeyRing,
    gallery: Gallery,
) -> Iterator[Hospital]:
    """The demo institution's verifier with the pages on it."""
    with open_hospital(database, keyring, gallery) as opened:
        mount(opened.http.app, opened.site)
        yield opened
