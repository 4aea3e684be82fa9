"""The hospital's own impostors: counts as counted by hand, fillers and look-alikes left out."""

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from models.rejection import Rejections
from verifier.identity import synthetic, templates
from verifier.identity.galleries import Gallery
from verifier.matching import site_impostors
from verifier.matching.site_impostors import LEAST_PEOPLE, TooFew, impostors
from verifier.protocol.values import now
from verifier.store.database import Database
from verifier.trust.keys import KeyRing

from .fixtures import register_somebody, unit_vectors

ROOT = Path(__file__).parents[2]


def test_every_pair_is_counted_once_at_each_threshold() -> None:
    vectors = unit_vectors(600, dim=8, seed=3)
    found = impostors(vectors, [None] * 600, [0.5, 0.9], now())
    scores = np.array([vectors[i] @ vectors[j] for i, j in combinations(range(600), 2)])
    assert found.pairs == len(scores) == sum(found.counts)
    assert [share.matches for share in found.shares] == [
        int((scores >= 0.5).sum()),
        int((scores >= 0.9).sum()),
    ]
    assert all(share.low <= share.rate <= share.high for share in found.shares)


def test_where_nobody_reaches_the_threshold_the_rule_of_three_says_what_is_known() -> None:
    found = impostors(np.eye(40, dtype=np.float32), [None] * 40, [0.4], now())
    [share] = found.shares
    assert (share.matches, share.low, share.high) == (0, 0.0, 3 / 780)
    assert found.floor == 3 / 780


def test_people_told_apart_as_look_alikes_are_not_compared() -> None:
    vectors = np.repeat(unit_vectors(20, seed=1), 2, axis=0)
    apart = impostors(vectors, [None] * 40, [0.9], now())
    linked = impostors(vectors, [str(i // 2) for i in range(40)], [0.9], now())
    assert apart.shares[0].matches == 20
    assert linked.shares[0].matches == 0
    assert linked.pairs == apart.pairs - 20


def test_the_gallery_is_measured_as_it_stands_without_its_fillers(
    database: Database, keyring: KeyRing, gallery: Gallery, institution: str
) -> None:
    vectors = unit_vectors(LEAST_PEOPLE, gallery.dim, seed=5)
    with database.app.begin() as conn:
        synthetic.fill(conn, keyring, gallery, 50)
        for index, vector in enumerate(vectors):
            who = register_somebody(conn, keyring, institution, synthetic.number(1000 + index))
            templates.enrol(conn, keyring, gallery, who.id, who.consent, vector[None], 0.9)
    with database.app.connect() as conn:
        found = site_impostors.measure(conn, keyring, gallery, [0.1], now())
    assert (found.people, found.enrolled) == (LEAST_PEOPLE, LEAST_PEOPLE)
    assert (
        found.shares[0].matches == impostors(vectors, [None] * 30, [0.1], now()).shares[0].matches
    )


def test_too_few_people_are_not_measured(
    database: Database, keyring: KeyRing, gallery: Gallery
) -> None:
    with database.app.connect() as conn, pytest.raises(TooFew):
        site_impostors.measure(conn, keyring, gallery, [0.4], now())


def test_the_rejections_that_ship_are_those_of_the_committed_run() -> None:
    shipped = Rejections.load("opencv-zoo")
    assert shipped is not None
    run = json.loads((ROOT / "benchmarks/results/accuracy-lfw-grey.json").read_text())
    assert (shipped.people, shipped.genuine_pairs) == (run["people"], run["genuine_pairs"])
    for point, row in zip(shipped.points, run["shipped"], strict=True):
        measured = row["frr"]["plain"]
        assert point.fmr == row["target"]
        for name in ("value", "low", "high"):
            assert getattr(point, name) == pytest.approx(measured[name], abs=1e-6)


def test_between_two_measured_rates_it_lies_between_and_outside_nothing_is_said() -> None:
    shipped = Rejections.load("opencv-zoo")
    assert shipped is not None
    between = shipped.at(3e-4)
    assert between is not None
    assert shipped.points[1].value < between.value < shipped.points[2].value
    assert shipped.at(1e-7) is None
    assert shipped.at(0.5) is None
    assert Rejections.load("nobody") is None
