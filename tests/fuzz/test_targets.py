"""Every fuzz target on its seeds and a few inputs, so that none rots between two `make fuzz`."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .targets import TARGETS


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_holds_on_its_seeds_and_on_seeds_that_were_cut_or_changed(name: str) -> None:
    target = TARGETS[name]
    assert target.seeds()
    for seed in target.seeds():
        assert len(seed) <= target.longest
        for cut in (seed, seed[: len(seed) // 2], seed[1:], seed + seed, b"", seed[::-1]):
            target.run(cut)


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_holds_on_any_bytes(name: str) -> None:
    target = TARGETS[name]

    @settings(max_examples=100, deadline=None)
    @given(st.binary(max_size=min(target.longest, 300)))
    def holds(data: bytes) -> None:
        target.run(data)

    holds()
