"""A hospital's rows in a real PostgreSQL; what a test writes is rolled back."""

import pytest
from sqlalchemy import Connection

from .book import Book


@pytest.fixture
def book(conn: Connection, institution: str) -> Book:
    """Of the demo institution."""
    return Book(conn, institution)
