"""The tree of RFC 9162: against its own recursive definition, and against forged proofs."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.protocol import merkle

LEAVES = [hashlib.sha256(bytes([at])).digest() for at in range(70)]


def defined_root(leaves: list[bytes]) -> bytes:
    """§2.1.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    both = defined_root(leaves[:split]) + defined_root(leaves[split:])
    return hashlib.sha256(b"\1" + both).digest()


sizes = st.integers(1, len(LEAVES))


@pytest.mark.parametrize("size", range(len(LEAVES)))
def test_a_tree_that_grows_leaf_by_leaf_has_the_root_of_the_definition(size: int) -> None:
    assert merkle.root(LEAVES[:size]) == defined_root(LEAVES[:size])


def test_the_tree_of_a_published_example_has_its_root() -> None:
    """Eight leaves of a certificate log's test data: the inputs are public, the root is known."""
    inputs = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657",
              "606162636465666768696a6b6c6d6e6f")  # fmt: skip
    leaves = [hashlib.sha256(b"\0" + bytes.fromhex(text)).digest() for text in inputs]
    known = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    assert merkle.root(leaves).hex() == known


@given(sizes, st.data())
def test_every_leaf_is_proved_to_stand_where_it_stands_and_nowhere_else(
    size: int, data: st.DataObject
) -> None:
    leaves = LEAVES[:size]
    at, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size - 1))
    proof, root = merkle.inclusion(leaves, at), merkle.root(leaves)
    assert merkle.is_included(leaves[at], at, size, proof, root)
    assert merkle.is_included(leaves[at], other, size, proof, root) == (at == other)
    assert merkle.is_included(leaves[other], at, size, proof, root) == (at == other)


@given(sizes, sizes)
def test_a_tree_is_proved_to_be_the_beginning_of_a_later_one(one: int, two: int) -> None:
    first, second = sorted((one, two))
    proof = merkle.consistency(LEAVES[:second], first)
    roots = merkle.root(LEAVES[:first]), merkle.root(LEAVES[:second])
    assert merkle.is_consistent(first, roots[0], second, roots[1], proof)


@given(sizes, sizes, st.data())
def test_no_proof_makes_a_changed_history_consistent(
    one: int, two: int, data: st.DataObject
) -> None:
    first, second = sorted((one, two))
    changed = list(LEAVES[:second])
    changed[data.draw(st.integers(0, first - 1))] = b"\7" * 32
    proof = merkle.consistency(changed, first)
    roots = merkle.root(LEAVES[:first]), merkle.root(changed)
    assert not merkle.is_consistent(first, roots[0], second, roots[1], proof)


@given(
    st.integers(-1, 80), st.integers(-1, 80),
    st.lists(st.binary(min_size=32, max_size=32), max_size=70),
)  # fmt: skip
def test_whatever_is_sent_as_a_proof_is_judged_and_random_hashes_prove_nothing(
    first: int, second: int, proof: list[bytes]
) -> None:
    roots = b"\1" * 32, b"\2" * 32
    assert not merkle.is_consistent(first, roots[0], second, roots[1], proof)
    assert not merkle.is_included(b"\3" * 32, first, second, proof, roots[0])


@pytest.mark.parametrize("first", [0, 5])
def test_there_is_no_proof_from_no_tree_or_from_a_larger_one(first: int) -> None:
    with pytest.raises(IndexError):
        merkle.consistency(LEAVES[:4], first)
    assert not merkle.is_consistent(first, merkle.EMPTY, 4, merkle.root(LEAVES[:4]), [])
