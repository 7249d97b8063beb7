"""Whoever came with a working link, for a working day."""

from collections import OrderedDict
from collections.abc import Callable
from secrets import token_urlsafe
from threading import Lock
from time import monotonic

from peereval.serving.links import hashed

#: Seconds after which a link has to be opened again.
LASTS = 8 * 3600.0
_MOST = 20_000


class Sessions:
    """Random keys in memory, each of one link. Nothing of them is written anywhere."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock, self._lock = clock, Lock()
        self._links: OrderedDict[str, tuple[str, float]] = OrderedDict()

    def begin(self, link_id: str) -> str:
        """A new key for whoever opened a link."""
        key = token_urlsafe(32)
        with self._lock:
            self._links[hashed(key)] = (link_id, self._clock() + LASTS)
            while len(self._links) > _MOST:
                self._links.popitem(last=False)
        return key

    def link_of(self, key: str) -> str | None:
        """Id of the link that a key was given for; None if it is unknown or too old."""
        with self._lock:
            known = self._links.get(hashed(key))
        return known[0] if known and self._clock() < known[1] else None

    def end(self, key: str) -> None:
        """Forget a key."""
        with self._lock:
            self._links.pop(hashed(key), None)
