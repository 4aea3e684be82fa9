"""How a receiver can be there and give no fix, or one to wonder about."""

from devices.errors import DeviceError, NoCard


class NoFix(NoCard):
    """The receiver speaks and has no fix in the time allowed; the code says why.

    A `NoCard`, since it is the same to whoever watches devices: nothing to take, nothing broken.
    """

    default_code = "gnss.no_fix"


class Doubtful(DeviceError):
    """Something about the fix that comes next is strange; the code says what.

    Said once; the fix itself is the next reading, and carries the code in `doubts`.
    """

    default_code = "gnss.time_jump"
