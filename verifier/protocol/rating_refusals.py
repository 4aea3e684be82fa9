"""Why a rating or an intake is not taken."""

from .problem import RefusalKind

RATINGS = (
    RefusalKind(
        "rating.differs",
        409,
        "Another text was taken under this number.",
        "此编号已收到内容不同的一条，请换一个编号再提交。",
    ),
    RefusalKind(
        "rating.place_unknown",
        422,
        "Door, site or purpose is none of this hospital's.",
        "渠道、院区或业务不是本院登记的，请核对后再提交。",
    ),
    RefusalKind(
        "rating.simulated",
        403,
        "Simulated ratings are refused outside the demo.",
        "模拟数据只能提交到演示环境。",
    ),
    RefusalKind(
        "rating.time_outside",
        422,
        "The time lies in the future, or too far back.",
        "时间不在可接受的范围内，请核对后再提交。",
    ),
    RefusalKind(
        "rating.too_many",
        429,
        "Too many came at once.",
        "提交过于频繁，请稍后再试。",
    ),
)
