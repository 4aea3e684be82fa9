"""People's names: shown on a screen (masked) and compared (normalised).

`docs/names.md` states the rules for those who must hold them elsewhere.
"""

import re
import unicodedata

from .gb18030 import assigned

# Two-character surnames 复姓 still borne; one of four is kept for its bearers.
_SURNAMES = """
欧阳 上官 司马 诸葛 司徒 东方 独孤 南宫 夏侯 尉迟 皇甫 公孙 慕容 令狐 宇文 长孙 轩辕 端木 百里
东郭 呼延 钟离 闾丘 司空 西门 澹台 公冶 宗政 濮阳 淳于 单于 太叔 申屠 仲孙 鲜于 赫连 拓跋 公羊
万俟 闻人 第五 纳兰 完颜 即墨 南门 公西 颛孙 漆雕 乐正 巫马 左丘 梁丘 谷梁 亓官 段干 叶赫 爱新觉罗
"""
_COMPOUND_SURNAMES = frozenset(_SURNAMES.split())
_DOT = "·"
_DOTS = re.compile(r"[.．·•‧∙⋅・･]+")
_HAN = "\u2e80-\u2fdf\u3005-\u3007\u3400-\u9fff\uf900-\ufaff\ue000-\uf8ff\U00020000-\U0003ffff"
_NEEDLESS_SPACE = re.compile(rf"(?<=[{_HAN}{_DOT}]) | (?=[{_HAN}{_DOT}])")
_VARIATION_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_INVISIBLE = ("Cc", "Cf")
_KEPT_WHEN_MASKED = frozenset(" ·-'")


def masked(name: str) -> str:
    """A name as a public screen shows it: the surname, and a star for every other character.

    `张三` → `张*`, `欧阳娜娜` → `欧阳**`. Of a name that is not Han, or has a dot, the first
    character stays: `JOHN SMITH` → `J*** *****`. A compound surname needs a given name behind it
    (`欧阳` alone is 欧 and 阳), and of a name of one character nothing is shown.
    """
    name = _DOTS.sub(_DOT, name.strip())
    shown = _surname_length(name)
    return name[:shown] + "".join(c if c in _KEPT_WHEN_MASKED else "*" for c in name[shown:])


def normalise(name: str) -> str:
    """A key for comparing two names; not for showing.

    Private-use characters that a standard explains become the assigned ones (`gb18030`), width and
    case are folded (NFKC and case folding, Unicode §3.13), compatibility ideographs become their
    unified ones, every kind of middle dot (· • ． ・) becomes `·`, invisible characters and
    variation selectors go, and so does every space that touches a Han character or a dot; between
    Latin words one space stays. Applying it twice changes nothing.
    """
    previous = None
    while name != previous:  # removing a space can bring a base and its accent together
        previous, name = name, _normalise_once(name)
    return name


def _surname_length(name: str) -> int:
    if len(name) < 2:
        return 0
    for length in (4, 2):
        if len(name) > length and name[:length] in _COMPOUND_SURNAMES:
            return length
    return 1


def _normalise_once(name: str) -> str:
    plain = _VARIATION_SELECTORS.sub("", assigned(name))
    visible = "".join(c for c in plain if c.isspace() or unicodedata.category(c) not in _INVISIBLE)
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", visible).casefold())
    dotted = _DOTS.sub(_DOT, " ".join(folded.split()))
    return _NEEDLESS_SPACE.sub("", dotted).strip(_DOT)
