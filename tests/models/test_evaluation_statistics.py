"""Rates, thresholds, bootstrap and the split, on numbers."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.evaluation import statistics as stats
from models.evaluation.comparisons import Comparisons, Embedded, distinct_pairs, trials
from models.evaluation.split import TooFewPeople, calibrates, halves, split


def people_of(count: int, each: int = 2, spread: float = 0.5, seed: int = 5) -> Embedded:
    """Invented people: unit vectors, `each` samples scattered around a centre."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(count, 64))
    samples = np.repeat(centres, each, axis=0) + spread * random.normal(size=(count * each, 64))
    rows = (samples / np.linalg.norm(samples, axis=1, keepdims=True)).astype(np.float32)
    return Embedded(np.repeat(np.arange(count), each), rows, rows)


def impostors(scores: list[float]) -> Comparisons:
    count = len(scores)
    people = np.arange(count)
    return Comparisons.sorted(np.array(scores, np.float32), people, (people + 1) % count)


SCORES = st.lists(st.floats(-1, 1, width=32), min_size=2, max_size=200)


@given(SCORES, st.floats(0.001, 0.999))
def test_a_threshold_never_accepts_more_impostors_than_its_rate(
    scores: list[float], fmr: float
) -> None:
    compared = impostors(scores)
    assert compared.rate(stats.threshold(compared, fmr)) <= fmr + 1e-9


@given(SCORES, st.floats(0.001, 0.999), st.floats(0.001, 0.999))
def test_thresholds_rise_as_rates_fall(scores: list[float], one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert stats.threshold(impostors(scores), low) >= stats.threshold(impostors(scores), high)


def test_two_false_matches_in_ten_are_a_rate_of_a_fifth() -> None:
    compared = impostors([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95])
    threshold = stats.threshold(compared, 0.2)
    assert 0.8 < threshold < 0.9
    assert compared.rate(threshold) == 0.2


def test_the_same_seed_draws_the_same_people_and_another_seed_others() -> None:
    one = stats.resamples(50, 20, seed=3)
    assert np.array_equal(one, stats.resamples(50, 20, seed=3))
    assert not np.array_equal(one, stats.resamples(50, 20, seed=4))
    assert (one.sum(axis=1) == 50).all()


def test_a_resample_in_which_everyone_is_drawn_once_is_the_sample_itself() -> None:
    compared = trials(people_of(30))["plain"].impostor
    tail = stats.ImpostorTail.of(compared, 1.0)
    rates = tail.rates(np.ones(30))
    cosine = stats.threshold(compared, 0.05)
    assert tail.rates_at(rates, np.array([cosine]))[0] == pytest.approx(compared.rate(cosine))
    assert tail.thresholds(rates, [0.05])[0] == pytest.approx(cosine)


def test_a_person_who_was_not_drawn_counts_in_no_comparison() -> None:
    embedded = people_of(6)
    weights = np.array([0.0, 2.0, 1.0, 1.0, 1.0, 1.0])
    tail = stats.ImpostorTail.of(trials(embedded)["plain"].impostor, 1.0)
    left = trials(embedded.only(np.array([False, True, True, True, True, True])))
    cosine = 0.0
    expected = sum(
        weights[a] * weights[b]
        for s, a, b in zip(
            left["plain"].impostor.scores,
            left["plain"].impostor.reference,
            left["plain"].impostor.probe,
            strict=True,
        )
        if s >= cosine
    )
    total = weights.sum() ** 2 - (weights**2).sum()
    measured = tail.rates_at(tail.rates(weights), np.array([cosine]))[0]
    assert measured == pytest.approx(expected / total)


def test_an_interval_holds_its_estimate_and_shrinks_with_more_people() -> None:
    widths = []
    for count in (40, 160):
        genuine = trials(people_of(count, spread=1.3))["plain"].genuine
        value = 1 - genuine.rate(0.4)
        drawn = np.array(
            [stats.misses(genuine, [0.4], w)[0] for w in stats.resamples(count, 400, seed=1)]
        )
        estimate = stats.estimate(value, drawn, len(genuine.scores))
        assert estimate.low <= estimate.value <= estimate.high
        widths.append(estimate.high - estimate.low)
    assert widths[1] < widths[0]


def test_no_error_seen_is_reported_up_to_the_rule_of_three() -> None:
    assert stats.estimate(0.0, np.zeros(100), 300).high == pytest.approx(0.01)


def test_every_pair_of_people_is_compared_once_each_way_by_one_picture() -> None:
    embedded = people_of(7, each=3)
    compared = trials(embedded)["plain"].impostor
    seen = sorted(zip(compared.reference.tolist(), compared.probe.tolist(), strict=True))
    pairs = [*combinations(range(7), 2)]
    assert seen == sorted(pairs + [(b, a) for a, b in pairs])
    assert distinct_pairs(embedded) == (21, 7 * 3)


def test_the_split_is_by_person() -> None:
    names = tuple(f"person {number}" for number in range(1000))
    chosen = halves(names)
    assert [calibrates(name) for name in names] == chosen.tolist()
    assert 400 < chosen.sum() < 600


@pytest.mark.parametrize("count", [0, 6, 300])
def test_a_half_under_two_hundred_people_is_refused_with_a_stable_code(count: int) -> None:
    with pytest.raises(TooFewPeople) as refusal:
        halves(tuple(f"person {number}" for number in range(count)))
    assert refusal.value.code == "evaluation.too_few_people"


def test_thresholds_of_one_half_hold_on_the_other_where_people_are_alike() -> None:
    count = 500
    embedded = people_of(count, each=1)
    names = tuple(f"person {number}" for number in range(count))
    outcome = split(embedded, names, stats.resamples(count, 100, seed=1))
    assert outcome.passed
    assert outcome.calibration_people + outcome.trial_people == count


def test_the_split_check_fails_where_the_other_half_is_more_alike() -> None:
    count = 500
    embedded = people_of(count, each=1)
    names = tuple(f"person {number}" for number in range(count))
    rows = embedded.plain.copy()
    rows[~halves(names)] += 0.06
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    alike = Embedded(embedded.owner, rows, rows)
    assert not split(alike, names, stats.resamples(count, 100, seed=1)).passed
