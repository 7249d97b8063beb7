"""How long each stage of a run took."""

from time import perf_counter

from msgspec import Struct, field


class Clock(Struct):
    """Keeps the seconds since it was last asked, by what was done in them."""

    seconds: dict[str, float] = field(default_factory=dict)
    last: float = field(default_factory=perf_counter)

    def done(self, stage: str) -> None:
        """Count the time since it was last asked as that of a stage."""
        now = perf_counter()
        took, self.last = now - self.last, now
        self.seconds[stage] = round(self.seconds.get(stage, 0.0) + took, 3)
