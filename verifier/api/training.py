"""A second verifier beside the real one, over the store of training: what its pages act on."""

from dataclasses import replace

from verifier.identity.galleries import open_gallery
from verifier.ledger import policies
from verifier.matching.search import ExactSearch
from verifier.protocol.claim import CredentialReading
from verifier.training import planted
from verifier.training.invented import Invented
from verifier.training.planted import Planted
from verifier.training.store import TrainingStore, found
from verifier.trust.keys import KeyRing

from . import desk_readings
from .readings import Laid
from .site import Dependencies, Load, Site

_LOAD = Load(claims=1, claims_waiting=1, small=2, small_waiting=30)


READER = "practice-reader"


def lay_card(site: Site, somebody: Invented) -> None:
    """An invented person's ID card on the practice reader. Readings come there in no other way."""
    fields = {
        "name": somebody.name,
        "number": somebody.number,
        "valid_to": somebody.card_ends.isoformat() if somebody.card_ends else "long_term",
        "layout": "citizen",
    }
    reading = CredentialReading(
        kind="resident_id",
        fields=fields,
        device=READER,
        read_at=site.parts.clock(),
        authenticated=True,
        simulated=True,
    )
    for desk, _, _ in desk_readings.desks(site):
        site.readings.put(desk, Laid(reading))


def open_site(real: Dependencies, store: TrainingStore, name: str) -> Site:
    """A verifier of the invented institution, which nobody can reach but through the pages.

    It has the real one's models, policy and clock, and nothing else of it: keys of its own in
    memory, its own gallery, no region, no resolver of codes. Its dispatcher, sealer and housekeeper
    are never started: nothing leaves it, and nothing of it is kept for long.
    """
    keyring, at = KeyRing.new(), real.clock()
    with store.database.app.begin() as conn:
        found(conn, store.institution, name)
        gallery = open_gallery(conn, keyring, store.institution, real.embedder.pack)
        policies.put_in_force(conn, store.institution, real.policy.policy.model_dump_json(), at)
    site = Site(
        replace(
            real,
            engine=store.database.app,
            keyring=keyring,
            gallery=gallery,
            search=ExactSearch(gallery.dim),
            institution=store.institution,
            demo=True,
            revive=store.database.revive,
            load=_LOAD,
            region_key=None,
            data=store.data,
            resolver=None,
            webhooks_public=False,
        )
    )
    with store.database.app.begin() as conn:
        planted.plant(Planted(keyring, gallery, site.rules), conn, at)
    site.warm()
    return site
