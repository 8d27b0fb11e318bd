"""What a search has used of its limits, and whether to stop."""

from collections.abc import Callable

from watchfloor.search.question import Limits, Progress, Stop


class Budget:
    """Counts for one search. `now` gives seconds of a clock that only goes on."""

    def __init__(self, limits: Limits, *, of_rows: int, now: Callable[[], float]) -> None:
        self._limits = limits
        self._now = now
        self._began = now()
        self._of_rows = of_rows
        self.rows = 0
        self.bytes = 0
        self.files = 0
        self.found = 0

    @property
    def seconds(self) -> float:
        """How long it has been at it."""
        return self._now() - self._began

    @property
    def progress(self) -> Progress:
        """How far it is."""
        return Progress(rows=min(self.rows, self._of_rows), of_rows=self._of_rows, found=self.found)

    def exceeded(self) -> Stop | None:
        """The limit that is reached, if one is."""
        if self.seconds >= self._limits.seconds:
            return "seconds"
        if self.rows >= self._limits.rows:
            return "rows"
        return "bytes" if self.bytes >= self._limits.bytes else None
