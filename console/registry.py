"""Every page there is, room by room; the order is that of the navigation, and of the routes."""

from itertools import chain

from . import accounts, entrance, home, own_account, phone, phones, terminals
from .pages import Page

ROOMS = (home, entrance, accounts, terminals, phones, phone, own_account)
"""A new room is one more module with a list `pages`."""

PAGES: tuple[Page, ...] = tuple(chain.from_iterable(room.pages for room in ROOMS))
