"""Fixtures of practice: a real database and a small hospital in it."""

import pytest
from sqlalchemy import Connection

from verifier.identity.galleries import Gallery
from verifier.trust.keys import KeyRing

from ..fixtures import conn, database, gallery, institution, keyring, own_database
from .hospital import Hospital, open_hospital

__all__ = ["conn", "database", "gallery", "hospital", "institution", "keyring", "own_database"]


@pytest.fixture
def hospital(conn: Connection, keyring: KeyRing, gallery: Gallery) -> Hospital:
    """Two departments at two sites, three physicians; committed."""
    opened = open_hospital(conn, keyring, gallery.institution)
    conn.commit()
    return opened
