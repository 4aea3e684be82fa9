"""Where a running verifier keeps ratings and intakes."""

from typing import TYPE_CHECKING

from verifier.ratings.taking import Book

if TYPE_CHECKING:
    from .site import Site


def book_of(site: "Site") -> Book:
    """This hospital's, by its policy's rules and purposes."""
    parts, policy = site.parts, site.rules.policy
    purposes = frozenset(policy.purposes)
    return Book(parts.keyring, parts.institution, policy.ratings, purposes, parts.demo)
