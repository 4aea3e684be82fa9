"""What differs between receivers and places. None of it is in a standard: engineering figures."""

from dataclasses import dataclass


@dataclass(frozen=True)
class GnssSettings:
    """Times in seconds, lengths in metres. Raises `ValueError` for one that means nothing."""

    baudrate: int = 9600
    """NMEA 0183 has 4800, most modules leave the factory with 9600. 8N1 always."""
    detect_baudrate: bool = False
    """If nothing readable is heard at `baudrate`, try the other usual ones when opening."""
    patience: float = 3.0
    """Silence after which a receiver counts as not answering. More than its interval."""
    burst_gap: float = 0.15
    """Silence that ends an epoch of which GGA and RMC have come: so long a GST may still come."""
    agreement_m: float = 10.0
    """How far apart the positions of one epoch's GGA and RMC may lie; some receivers round them to
    0.01′ (18 m), these need more."""
    uere_m: float = 5.0
    """User equivalent range error, one sigma: the upper end of the usual 3–5 m."""
    clock_skew: float = 30.0
    """How far the satellites' time may lie from the host's clock before somebody is told."""
    time_jump: float = 5.0
    """How far an epoch's time may lie from what the last one and the time since let expect; a busy
    machine fetches bytes up to 4 s late."""
    max_speed_mps: float = 60.0
    """Faster than the receiver can move: more is a place jump."""

    def __post_init__(self) -> None:
        figures = (
            self.baudrate,
            self.patience,
            self.burst_gap,
            self.uere_m,
            self.clock_skew,
            self.time_jump,
            self.max_speed_mps,
        )
        if not all(figure > 0 for figure in figures) or self.agreement_m < 0:
            raise ValueError("rates, times and lengths are positive")
