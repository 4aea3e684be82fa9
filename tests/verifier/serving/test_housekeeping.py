"""What is forgotten when its time is over, and how memory follows the gallery."""

from datetime import timedelta

from verifier.identity import erasure, templates
from verifier.matching.following import FollowedGallery
from verifier.matching.search import ExactSearch

from .hospital import Hospital, Terminal, capture, faceless, invent, visit_of

ZHANG, LI = invent(1), invent(2, "李四")


def test_a_crop_is_remembered_for_thirty_days_and_then_forgotten(
    hospital: Hospital, terminal: Terminal
) -> None:
    terminal.decide(visit_of(ZHANG))
    hospital.clock.ahead = timedelta(days=29)
    assert hospital.site.housekeeper.sweep()["seen_crops"] == 0
    hospital.clock.ahead = timedelta(days=31)
    assert hospital.site.housekeeper.sweep()["seen_crops"] == 1


def test_an_unused_challenge_is_forgotten_and_a_decided_one_is_kept(
    hospital: Hospital, terminal: Terminal
) -> None:
    compact = terminal.sign(terminal.challenge(), faceless(ZHANG))
    first = terminal.send(compact).json()
    terminal.challenge()
    hospital.clock.ahead = timedelta(days=2)
    assert hospital.site.housekeeper.sweep()["challenges"] == 1
    assert terminal.send(compact).json() == first


def test_a_template_leaves_memory_when_its_consent_is_withdrawn(hospital: Hospital) -> None:
    person = hospital.enrol(ZHANG)
    hospital.enrol(LI)
    assert hospital.site.housekeeper.follow() == 2
    with hospital.database.app.begin() as conn:
        erasure.withdraw(conn, hospital.gallery, person)
    hospital.site.housekeeper.follow()
    assert len(hospital.site.gallery) == 1


def test_an_index_that_starts_late_holds_what_the_others_hold(hospital: Hospital) -> None:
    person = hospital.enrol(ZHANG)
    hospital.enrol(LI)
    hospital.enrol(ZHANG)  # again: the template is replaced
    search = ExactSearch(hospital.gallery.dim)
    late = FollowedGallery(hospital.keyring, hospital.gallery, search)
    with hospital.database.app.begin() as conn:
        late.follow(conn)
        kept = templates.for_decision(conn, hospital.keyring, hospital.gallery, person)
    assert len(late) == 2
    assert isinstance(kept, templates.TemplateForDecision)
    ((found, score),) = search.search(kept.vector[None], None, 1)[0]
    assert found == person
    assert score > 0.9999


def test_memory_after_a_visit_holds_no_crop(hospital: Hospital, terminal: Terminal) -> None:
    """Nothing reachable from the running verifier still refers to the picture."""
    import gc

    import numpy as np

    seen = capture(ZHANG.face)
    terminal.decide(faceless(ZHANG).model_copy(update={"capture": seen}))
    gc.collect()
    shapes = [one.shape for one in gc.get_objects() if isinstance(one, np.ndarray)]
    assert not any(shape[-3:] == (112, 112, 3) for shape in shapes)
