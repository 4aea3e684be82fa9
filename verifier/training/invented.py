"""The people of training: thirty who do not exist, always the same.

Their numbers have a valid check character and lie in a region that no province has, and every name
has 练 in its middle. Nobody has a face until somebody practises with the own one.
"""

from dataclasses import dataclass
from datetime import date

from codes import id_number

REGION = "990188"
"""No province has the digits 99."""

_UNASSIGNED = "99"


@dataclass(frozen=True)
class Invented:
    """One of them.

    Attributes:
        card_ends: the last day of the card's validity; None for one without an end.
        lesson: what of the lessons this person is for; empty for nothing in particular.
    """

    key: str
    name: str
    number: str
    card_ends: date | None = None
    lesson: str = ""


def is_invented(number: str) -> bool:
    """Whether a citizen's number is one that nobody can have been given."""
    return number.startswith(_UNASSIGNED)


def _made(key: str, name: str, born: str, sequence: int, **more: object) -> Invented:
    first17 = f"{REGION}{born}{sequence:03d}"
    return Invented(key, name, first17 + id_number.check_digit(first17), **more)  # type: ignore[arg-type]


EXPIRED, CHILD, ELDER = "expired", "child", "elder"
PEOPLE: tuple[Invented, ...] = (
    _made("new", "王练芳", "19800105", 2, lesson="enrol"),
    _made("new_2", "李练伟", "19750312", 11, lesson="enrol"),
    _made("elder", "张练英", "19381120", 24, lesson="enrol"),
    _made("expired", "刘练军", "19690708", 13, card_ends=date(2020, 6, 30), lesson="expired"),
    _made("child", "陈练宝", "20200601", 21, lesson="child"),
    _made("guardian", "陈练国", "19900214", 31, lesson="child"),
    _made("twin", "赵练文", "19920909", 51, lesson="twins"),
    _made("twin_2", "赵练武", "19920909", 53, lesson="twins"),
    _made("double", "孙练红", "19851224", 62, lesson="merge"),
    _made("patient", "周练海", "19630515", 71, lesson="counter"),
    _made("patient_2", "吴练梅", "19580903", 82, lesson="counter"),
    _made("proxy", "吴练松", "19840417", 91, lesson="proxy"),
    _made("lost", "郑练春", "19710226", 102, lesson="lost"),
    _made("mother", "冯练秋", "19950630", 112, lesson="newborn"),
    *(
        _made(f"more_{place}", name, born, 120 + 10 * place)
        for place, (name, born) in enumerate(
            (
                ("蒋练云", "19770819"), ("沈练山", "19660101"), ("韩练月", "19880722"),
                ("杨练波", "19930311"), ("朱练霞", "19551030"), ("秦练峰", "19820926"),
                ("许练雪", "20010413"), ("何练林", "19480617"), ("吕练花", "19790525"),
                ("施练江", "19910806"), ("孔练竹", "19731118"), ("曹练石", "19600229"),
                ("严练兰", "19970209"), ("华练川", "19861003"), ("金练星", "19530714"),
                ("魏练雨", "20030328"),
            )
        )
    ),
)  # fmt: skip
BY_KEY = {person.key: person for person in PEOPLE}

REGISTERED = ("twin", "twin_2", "double", "patient", "patient_2", "proxy", "lost", "mother")
"""Who has a file from the beginning; the others are there to be enrolled."""
