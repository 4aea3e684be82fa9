"""Fixtures of the verifier's tests."""

from .fixtures import conn, database, gallery, institution, keyring, own_database

__all__ = ["conn", "database", "gallery", "institution", "keyring", "own_database"]
