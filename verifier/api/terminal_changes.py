"""What staff see of terminals and change: shared by the routes and the staff's pages."""

from verifier.protocol.errors import refusal
from verifier.trust import terminal_states
from verifier.trust.accounts.sessions import SignedIn
from verifier.trust.terminal_states import Listed, State, StateRefused

from .site import Site


def listed(site: Site) -> list[Listed]:
    """The institution's terminals, by site and label."""
    with site.parts.engine.connect() as conn:
        return terminal_states.listed(conn, site.parts.institution)


def change_state(site: Site, terminal: str, state: State, by: SignedIn) -> None:
    """Suspend, revoke or reinstate, from the terminal's next request on.

    Raises `Refused`: `request.not_found`, `terminal.for_good`.
    """
    try:
        with site.parts.engine.begin() as conn:
            terminal_states.change(conn, site.parts.institution, terminal, state, by.account)
    except StateRefused as refused:
        known = "terminal.for_good" if refused.code == "terminal.for_good" else "request.not_found"
        raise refusal(known) from None
    site.directory.forget(terminal)
