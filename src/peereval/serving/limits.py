"""Those who guess are told to wait, and nobody else."""

from collections import OrderedDict, deque
from collections.abc import Callable
from threading import Lock
from time import monotonic

#: So many wrong links from one place within so many seconds, and it has to wait.
MOST_FAILURES, WITHIN = 10, 900.0
#: And from all places together: many places may guess in turn.
MOST_IN_ALL = 300
#: Places remembered; the longest unseen is forgotten.
_REMEMBERED = 10_000


class Failures:
    """Counts wrong links by the place that they came from, in memory alone."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock, self._lock = clock, Lock()
        self._places: OrderedDict[str, deque[float]] = OrderedDict()
        self._all: deque[float] = deque(maxlen=MOST_IN_ALL)

    def wait(self, place: str) -> int:
        """Seconds that a place has to wait before it may try again; 0 where it need not."""
        with self._lock:
            now = self._clock()
            own = self._places.get(place, deque())
            waits = [
                times[0] + WITHIN - now
                for times, most in ((own, MOST_FAILURES), (self._all, MOST_IN_ALL))
                if len(times) >= most
            ]
            return max(0, *(int(wait) + 1 if wait > 0 else 0 for wait in waits), 0)

    def count(self, place: str) -> None:
        """One more wrong link."""
        with self._lock:
            now = self._clock()
            own = self._places.setdefault(place, deque(maxlen=MOST_FAILURES))
            own.append(now)
            self._all.append(now)
            self._places.move_to_end(place)
            while len(self._places) > _REMEMBERED:
                self._places.popitem(last=False)
