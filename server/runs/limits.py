"""Rates: how often a client may do something."""

import time
from collections import OrderedDict
from collections.abc import Callable

CLIENTS = 10_000


class Bucket:
    """So many a second after a burst: a token bucket."""

    def __init__(self, per_s: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_s, self.burst, self.clock = per_s, burst, clock
        self.left, self.at = burst, clock()

    def take(self) -> float:
        """0 if it may be done now, else the seconds to wait."""
        now = self.clock()
        self.left = min(self.burst, self.left + (now - self.at) * self.per_s)
        self.at = now
        if self.left >= 1:
            self.left -= 1
            return 0.0
        return (1 - self.left) / self.per_s


class Buckets:
    """One bucket a client; the clients longest unheard of are forgotten."""

    def __init__(self, per_s: float, burst: float) -> None:
        self.per_s, self.burst = per_s, burst
        self.buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, client: str) -> float:
        """0 if the client may do it now, else the seconds to wait."""
        bucket = self.buckets.setdefault(client, Bucket(self.per_s, self.burst))
        self.buckets.move_to_end(client)
        if len(self.buckets) > CLIENTS:
            self.buckets.popitem(last=False)
        return bucket.take()
