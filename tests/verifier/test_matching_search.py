"""The exact search answers as brute force does, whatever was put and forgotten."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from verifier.matching.search import ExactSearch, Floats

DIM = 8


def vector(seed: int) -> Floats:
    drawn = np.random.default_rng(seed).standard_normal(DIM).astype(np.float32)
    return drawn / np.linalg.norm(drawn)


def test_the_nearest_person_comes_first_with_their_cosine() -> None:
    search = ExactSearch(DIM)
    search.put((f"p{n}", vector(n)) for n in range(50))
    ((person, score), *_) = search.search(vector(7)[None], None, 3)[0]
    assert person == "p7"
    assert abs(score - 1) < 1e-6


def test_only_candidates_are_searched_and_unknown_ones_are_passed_over() -> None:
    search = ExactSearch(DIM)
    search.put((f"p{n}", vector(n)) for n in range(20))
    hits = search.search(vector(7)[None], ["p3", "p4", "nobody"], 5)[0]
    assert {person for person, _ in hits} == {"p3", "p4"}


def test_an_empty_index_and_an_empty_list_answer_nothing() -> None:
    search = ExactSearch(DIM)
    assert search.search(vector(1)[None], None, 5) == [[]]
    search.put([("p1", vector(1))])
    assert search.search(np.stack([vector(1), vector(2)]), [], 5) == [[], []]


def test_a_forgotten_persons_vector_is_overwritten() -> None:
    search = ExactSearch(DIM, capacity=4)
    search.put((f"p{n}", vector(n)) for n in range(4))
    search.forget(["p1"])
    held = search._matrix
    assert not any(np.allclose(row, vector(1)) for row in held)
    assert search.missing(["p0", "p1"]) == ["p1"]


steps = st.lists(
    st.tuples(st.sampled_from(["put", "forget"]), st.integers(0, 12), st.integers(0, 999)),
    max_size=60,
)


@settings(max_examples=60, deadline=None)
@given(steps, st.integers(0, 999), st.integers(1, 15), st.none() | st.sets(st.integers(0, 14)))
def test_search_answers_as_brute_force_after_any_history(
    history: list[tuple[str, int, int]], probe: int, k: int, candidates: set[int] | None
) -> None:
    search, truth = ExactSearch(DIM, capacity=2), {}
    for step, person, seed in history:
        if step == "put":
            search.put([(f"p{person}", vector(seed))])
            truth[f"p{person}"] = vector(seed)
        else:
            search.forget([f"p{person}"])
            truth.pop(f"p{person}", None)
    assert len(search) == len(truth)
    listed = None if candidates is None else {f"p{n}" for n in candidates}
    hits = search.search(vector(probe)[None], listed, k)[0]
    scores = {
        p: float(v @ vector(probe)) for p, v in truth.items() if listed is None or p in listed
    }
    expected = sorted(scores.values(), reverse=True)[:k]
    assert np.allclose([score for _, score in hits], expected, atol=1e-5)
    assert all(abs(scores[person] - score) < 1e-5 for person, score in hits)
