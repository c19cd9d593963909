"""A token bucket in memory: calls to one ad account, spread over time. The outbox keeps one that processes share."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Bucket:
    """Lets *per_minute* calls through in a minute, a second's worth of them at once. *clock* gives seconds. Safe to share between threads."""

    def __init__(self, per_minute: int, clock: Callable[[], float]) -> None:
        self._rate = per_minute / 60
        self._size = max(1.0, self._rate)
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens = self._size
        self._at = clock()

    def take(self) -> float:
        """Count a call and give 0.0, or give the seconds until one may be made. A clock that goes back lets nothing more through."""
        with self._lock:
            now = self._clock()
            self._tokens = min(self._size, self._tokens + max(0.0, now - self._at) * self._rate)
            self._at = now
            if self._tokens < 1.0:
                return (1.0 - self._tokens) / self._rate
            self._tokens -= 1.0
            return 0.0
