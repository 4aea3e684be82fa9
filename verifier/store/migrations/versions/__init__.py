"""Alembic revisions of the verifier's tables, oldest first."""
