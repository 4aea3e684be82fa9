"""Every page there is, room by room; the order is that of the navigation, and of the routes."""

from itertools import chain

from . import (
    accounts,
    alarms,
    enrol,
    enrol_duplicates,
    entrance,
    fence_calls,
    fences,
    home,
    keepers,
    own_account,
    people,
    people_merge,
    people_ties,
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
    visits,
    webhooks,
)
from .pages import Page

ROOMS = (
    home,
    entrance,
    visits,
    enrol,
    people,
    people_ties,
    people_merge,
    enrol_duplicates,
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
    accounts,
    terminals,
    alarms,
    fences,
    fence_calls,
    webhooks,
    phones,
    phone,
    own_account,
)
"""A new room is one more module with a list `pages`."""

PAGES: tuple[Page, ...] = tuple(chain.from_iterable(room.pages for room in ROOMS))
