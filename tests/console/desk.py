"""Somebody before the staff's pages without a browser: cookies, forms, and what a page says."""

import re
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from tests.verifier.serving.hospital import Hospital
from tests.verifier.serving.local_http import LocalHttp
from tests.verifier.serving.staff import NEXT, Member

HOST = "http://verifier"


class Desk:
    """One browser's cookies. It follows no redirect by itself."""

    def __init__(self, hospital: Hospital, http: LocalHttp | None = None) -> None:
        self.hospital, self.http = hospital, http or hospital.http
        self.cookies: dict[str, str] = {}

    def get(self, path: str, **headers: str) -> httpx.Response:
        """One look at a page."""
        return self._ask("GET", path, headers=headers)

    def post(self, path: str, on: str, /, **fields: str) -> httpx.Response:
        """The form of the page `on`, sent from there to `path`."""
        return self.send(path, fields | {"form_token": self.token(on)})

    def send(
        self, path: str, fields: dict[str, Any], headers: dict[str, str] | None = None, **said: Any
    ) -> httpx.Response:
        """A form as a browser of this site sends it, unless `headers` say otherwise."""
        browser = {"origin": "null", "sec-fetch-site": "same-origin"}
        return self._ask("POST", path, data=fields, headers=browser | (headers or {}), **said)

    def token(self, on: str = "/console") -> str:
        """The token of a page's forms."""
        found = re.search(r'name="form_token" value="([^"]+)"', self.get(on).text)
        assert found is not None, f"no form on {on}"
        return found[1]

    def sign_in(self, member: Member, **instead: str) -> httpx.Response:
        """Both factors into the form."""
        said = {"login": member.login, "password": member.password, "totp": member.shown()}
        answer = self.post("/console/sign-in", "/console/sign-in", **said | instead)
        if answer.status_code == 303:
            self.hospital.clock.ahead += NEXT
        return answer

    def _ask(self, method: str, path: str, headers: dict[str, str], **said: Any) -> httpx.Response:
        held = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {"cookie": held.encode(), **{k: v.encode() for k, v in headers.items()}}
        answer = self.http.request(method, path, headers=sent, **said)
        for cookie in answer.headers.get_list("set-cookie"):
            name, _, value = cookie.partition(";")[0].partition("=")
            if "Max-Age=0" in cookie:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        return answer


def code(answer: httpx.Response) -> str:
    """The code that a page of refusal shows; empty on any other page."""
    found = re.search(r'data-code="([a-z_.]+)"', answer.text)
    return found[1] if found else ""


def leads_to(answer: httpx.Response) -> str:
    """Where a redirect leads, with its query."""
    assert answer.status_code == 303, answer.text
    parts = urlsplit(urljoin(HOST, answer.headers["location"]))
    return parts.path + (f"?{parts.query}" if parts.query else "")
