"""The body of a refusal (RFC 9457), and one way in which a request is refused."""

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from .values import Code


class Problem(BaseModel):
    """RFC 9457 body. `title` is English, `detail` Chinese and fit for the screen."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: str = "about:blank"
    title: str
    status: int = Field(ge=400, le=599)
    detail: str
    code: Code
    retry_after: float | None = Field(
        default=None, description="Seconds to wait before asking again."
    )


@dataclass(frozen=True)
class RefusalKind:
    """One way in which a request is refused."""

    code: str
    status: int
    title: str
    detail: str

    def problem(self, retry_after: float | None = None) -> Problem:
        """The body that is sent."""
        return Problem(
            title=self.title,
            status=self.status,
            detail=self.detail,
            code=self.code,
            retry_after=retry_after,
        )
