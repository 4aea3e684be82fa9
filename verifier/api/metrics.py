"""Prometheus metrics of one app. Labels are codes and ids of machines, never of people."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

MOST_SOURCES = 256
"""Distinct addresses that bad signatures are counted by; the rest stand together as `other`."""

_SECONDS = (0.005, 0.01, 0.02, 0.03, 0.045, 0.06, 0.1, 0.2, 0.5, 1, 2, 5)


class Metrics:
    """What is counted."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.claims = Counter(
            "shualian_claims", "Decisions, by purpose and outcome.", ["purpose", "outcome"],
            registry=self.registry,
        )  # fmt: skip
        self.refusals = Counter(
            "shualian_refusals", "Refusals, by code.", ["code"], registry=self.registry
        )
        self.bad_signatures = Counter(
            "shualian_bad_signatures", "Claims and proofs with a bad signature, by address.",
            ["source"], registry=self.registry,
        )  # fmt: skip
        self.sign_ins_failed = Counter(
            "shualian_sign_ins_failed",
            "Wrong passwords, codes of a second factor and account codes.",
            registry=self.registry,
        )
        self.clones = Counter(
            "shualian_terminal_clones_suspected",
            "Terminals suspended since their key seems copied.", registry=self.registry,
        )  # fmt: skip
        self.skew = Gauge(
            "shualian_terminal_clock_skew_seconds", "A terminal's clock minus ours.", ["terminal"],
            registry=self.registry,
        )  # fmt: skip
        self.seconds = Histogram(
            "shualian_request_seconds", "Time to answer.", ["route"], buckets=_SECONDS,
            registry=self.registry,
        )  # fmt: skip
        self.enrolled = Gauge(
            "shualian_enrolled_people", "Face templates in the index, people.",
            registry=self.registry,
        )  # fmt: skip
        self.store_away = Gauge(
            "shualian_store_away", "1 while PostgreSQL cannot be reached.", registry=self.registry
        )
        self.store_clock = Gauge(
            "shualian_store_clock_difference_seconds",
            "How far the database's clock and ours differ at least, at the last look at readiness.",
            registry=self.registry,
        )
        self._sources: set[str] = set()

    def count_bad_signature(self, source: str) -> None:
        """One more from this address."""
        if source not in self._sources:
            source = source if len(self._sources) < MOST_SOURCES else "other"
            self._sources.add(source)
        self.bad_signatures.labels(source).inc()

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self.registry)
