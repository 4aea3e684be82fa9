"""What every answer of the pages tells a browser not to do."""

from collections.abc import Sequence

from .pages import Device

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
_DEVICES = ("camera", "geolocation", "microphone")


def headers(devices: Sequence[Device] = ()) -> dict[str, str]:
    """For a page that asks for these devices of the browser; others get none."""
    allowed = (f"{name}=({'self' if name in devices else ''})" for name in _DEVICES)
    return {
        "content-security-policy": POLICY,
        "permissions-policy": ", ".join(allowed),
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "cross-origin-opener-policy": "same-origin",
    }
