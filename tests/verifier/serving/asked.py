"""A clinic whose hospital asks at random whether a practitioner is still here."""

from collections.abc import Iterator
from contextlib import contextmanager

from verifier.identity.galleries import Gallery
from verifier.policy.load import load_policy, parse, shipped
from verifier.protocol.practice import PURPOSE, CheckedIn
from verifier.store.database import Database
from verifier.trust.keys import KeyRing

from .physicians import Clinic, ahead, clinic_of


@contextmanager
def asking_clinic(
    database: Database, keyring: KeyRing, gallery: Gallery, *, by_code: bool = False
) -> Iterator[Clinic]:
    """As the demo, with the random question on; and tickets for check-ins."""
    table = load_policy(shipped("demo")).policy.model_dump()
    table["practice"] |= {"recheck": True, "recheck_by_code": by_code}
    table["purposes"][PURPOSE]["ticket_days"] = 1
    with clinic_of(database, keyring, gallery, policy=parse(table)) as made:
        yield made


def asked(clinic: Clinic) -> CheckedIn:
    """The physician checked in by face, and is asked five hours later; how they checked in."""
    clinic.on_shift()
    opened = clinic.check(clinic.east)
    ahead(clinic, hours=5.4)
    assert clinic.hospital.site.housekeeper.ask_again() == 1
    return opened
