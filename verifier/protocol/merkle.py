"""The Merkle tree of RFC 9162 §2.1: roots and proofs over leaf hashes. Pure, hashlib alone.

Leaf hashes are made by the ledger (§2.1.1); here they are 32 bytes each. A terminal checks with
these functions what a verifier answers, so nothing in them trusts its input.
"""

import hashlib
from collections.abc import Iterable, Sequence

EMPTY = hashlib.sha256(b"").digest()
"""The root of no leaves."""

MOST_PROOF = 64
"""Hashes in a proof of any tree that there can be."""


class Frontier:
    """A tree that grows leaf by leaf and keeps only the roots of its whole subtrees: log2 of its
    size.
    """

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []
        """Of whole subtrees, largest first: one for each bit of the size."""

    def copy(self) -> "Frontier":
        """Another tree, as large, that grows by itself."""
        other = Frontier()
        other.size, other._peaks = self.size, list(self._peaks)
        return other

    def append(self, leaf: bytes) -> None:
        """One more leaf hash."""
        self._peaks.append(leaf)
        full = self.size
        while full & 1:  # two subtrees of one size are one of the next
            right = self._peaks.pop()
            self._peaks[-1] = node(self._peaks[-1], right)
            full >>= 1
        self.size += 1

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Several."""
        for leaf in leaves:
            self.append(leaf)

    def root(self) -> bytes:
        """Of all leaves so far."""
        if not self._peaks:
            return EMPTY
        whole = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            whole = node(peak, whole)
        return whole


def node(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return hashlib.sha256(b"\1" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over these leaf hashes."""
    tree = Frontier()
    tree.extend(leaves)
    return tree.root()


def inclusion(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The proof that the leaf at `index` stands in the tree of these leaves (§2.1.3.1).

    Raises `IndexError` where there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(index)
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    if index < split:
        return [*inclusion(leaves[:split], index), root(leaves[split:])]
    return [*inclusion(leaves[split:], index - split), root(leaves[:split])]


def consistency(leaves: Sequence[bytes], first: int) -> list[bytes]:
    """The proof that the tree of the first leaves is the beginning of the whole (§2.1.4.1).

    Raises `IndexError` unless 0 < first <= len(leaves).
    """
    if not 0 < first <= len(leaves):
        raise IndexError(first)
    return _subproof(first, leaves, whole=True)


def _subproof(first: int, leaves: Sequence[bytes], *, whole: bool) -> list[bytes]:
    if first == len(leaves):
        return [] if whole else [root(leaves)]
    split = _split(len(leaves))
    if first <= split:
        return [*_subproof(first, leaves[:split], whole=whole), root(leaves[split:])]
    return [*_subproof(first - split, leaves[split:], whole=False), root(leaves[:split])]


def is_included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root_: bytes) -> bool:
    """Whether the proof leads from the leaf at `index` to the root of `size` leaves (§2.1.3.2)."""
    if not 0 <= index < size or len(proof) > MOST_PROOF:
        return False
    at, last, found = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node(step, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node(found, step)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root_


def is_consistent(
    first: int, first_root: bytes, second: int, second_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether the second tree begins with the whole of the first (§2.1.4.2)."""
    if not 0 < first <= second or len(proof) > MOST_PROOF:
        return False
    if first == second:
        return not proof and first_root == second_root
    steps = list(proof)
    if first & (first - 1) == 0:  # the first tree is one whole subtree of the second
        steps.insert(0, first_root)
    if not steps:
        return False
    at, last = first - 1, second - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    before = after = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            before, after = node(step, before), node(step, after)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            after = node(after, step)
        at, last = at >> 1, last >> 1
    return last == 0 and (before, after) == (first_root, second_root)


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1
