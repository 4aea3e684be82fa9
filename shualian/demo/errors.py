"""What can keep the demo from playing. Each has a stable `code`; `str()` is one sentence."""


class DemoError(Exception):
    """Base of the demo's own errors."""

    code = "demo.error"


class SampleMissing(DemoError):
    """The package that carries the sample picture is not installed."""

    code = "demo.sample_missing"


class SampleUnreadable(DemoError):
    """The sample picture is not the one that is expected."""

    code = "demo.sample_unreadable"


class DocumentMissing(DemoError):
    """The demo's impact assessment is not where the source tree has it."""

    code = "demo.document_missing"


class KeptDataTooOld(DemoError):
    """The kept gallery is of another preparation of the models."""

    code = "demo.kept_data_too_old"


class NotADemo(DemoError):
    """Demo staff were asked for at a hospital that is no demo."""

    code = "demo.not_a_demo"


class NothingSeen(DemoError):
    """A simulated person was not captured."""

    code = "demo.nothing_seen"


class AlreadyPlaying(DemoError):
    """The visits are being played on the same data folder."""

    code = "demo.already_playing"
