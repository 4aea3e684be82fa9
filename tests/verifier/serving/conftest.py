"""A running verifier for every test that asks for one."""

from collections.abc import Iterator

import pytest

from verifier.identity.galleries import Gallery
from verifier.store.database import Database
from verifier.trust.keys import KeyRing

from .hospital import Hospital, Terminal, open_hospital
from .physicians import clinic as clinic
from .restoring import place as place


@pytest.fixture
def hospital(database: Database, keyring: KeyRing, gallery: Gallery) -> Iterator[Hospital]:
    """The demo institution's verifier with the demo policy."""
    with open_hospital(database, keyring, gallery) as opened:
        yield opened


@pytest.fixture
def terminal(hospital: Hospital) -> Terminal:
    """A registered terminal of it."""
    return hospital.terminal()
