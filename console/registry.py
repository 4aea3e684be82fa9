"""Every page there is, room by room; the order is that of the navigation, and of the routes."""

from itertools import chain

from . import (
    accounts,
    batches,
    calibration,
    entrance,
    home,
    keepers,
    own_account,
    phone,
    phones,
    practice_board,
    practice_completeness,
    practice_import,
    practice_people,
    practice_reconcile,
    practice_reviews,
    practice_rights,
    practice_windows,
    roster,
    roster_import,
    terminals,
)
from .pages import Page

ROOMS = (
    home,
    entrance,
    batches,
    practice_board,
    practice_reviews,
    practice_people,
    practice_import,
    practice_rights,
    practice_windows,
    practice_reconcile,
    practice_completeness,
    roster,
    roster_import,
    keepers,
    calibration,
    accounts,
    terminals,
    phones,
    phone,
    own_account,
)
"""A new room is one more module with a list `pages`."""

PAGES: tuple[Page, ...] = tuple(chain.from_iterable(room.pages for room in ROOMS))
