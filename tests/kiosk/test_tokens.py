"""The design tokens: every colour's contrast on every ground that it stands on (WCAG 2.2, 1.4.3 and
1.4.11).
"""

import re

import pytest

import web

TOKENS = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", (web.ROOT / "tokens.css").read_text()))

TEXT = [
    ("ink", "ground"),
    ("ink", "surface"),
    ("ink-soft", "ground"),
    ("ink-soft", "surface"),
    ("ink-soft", "sunken"),
    ("brand-deep", "ground"),
    ("brand-deep", "surface"),
    ("brand-deep", "brand-tint"),
    ("on-brand", "brand"),
    ("on-brand", "brand-deep"),
    ("amber", "amber-tint"),
    ("amber", "surface"),
    ("demo", "demo-tint"),
    ("demo", "surface"),
    ("surface", "demo"),
]

EDGES = [
    ("line-strong", "ground"),
    ("line-strong", "surface"),
    ("brand", "surface"),
    ("brand", "ground"),
    ("amber-line", "surface"),
    ("amber-line", "amber-tint"),
    ("focus", "ground"),
    ("focus", "surface"),
    ("focus", "sunken"),
]


def luminance(colour: str) -> float:
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(TOKENS[one]), luminance(TOKENS[other])), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("text", "ground"), TEXT)
def test_text_is_read_on_its_ground(text: str, ground: str) -> None:
    assert contrast(text, ground) >= 4.5


@pytest.mark.parametrize(("edge", "ground"), EDGES)
def test_an_edge_is_seen_on_its_ground(edge: str, ground: str) -> None:
    assert contrast(edge, ground) >= 3.0
