"""Limits: how often a client may do something, and how much an upload may hold."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Self

from server.problems import Problem, too_many
from server.settings import Settings

CLIENTS = 10_000
Deed = Literal["creates", "commands", "probes"]
WORDS: dict[Deed, str] = {
    "creates": "You start runs faster than this server takes them.",
    "commands": "You send commands faster than this server takes them.",
    "probes": "You ask faster than this server answers.",
}


class Bucket:
    """So many a second after a burst: a token bucket."""

    def __init__(self, per_s: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_s, self.burst, self.clock = per_s, max(1.0, burst), clock
        self.left, self.at = self.burst, clock()

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
        bucket = self.buckets.get(client)
        if bucket is None:
            bucket = self.buckets[client] = Bucket(self.per_s, self.burst)
        self.buckets.move_to_end(client)
        if len(self.buckets) > CLIENTS:
            self.buckets.popitem(last=False)
        return bucket.take()


class Rates:
    """How often a client may make a run, command one, ask one."""

    def __init__(self, settings: Settings) -> None:
        self.deeds: dict[Deed, Buckets] = {
            "creates": Buckets(settings.creates_per_s, 6 * settings.creates_per_s),
            "commands": Buckets(settings.commands_per_s, 10 * settings.commands_per_s),
            "probes": Buckets(settings.probes_per_s, 10 * settings.probes_per_s),
        }

    def take(self, deed: Deed, client: str) -> None:
        """Count it; raises the 429 that says when to come back."""
        if wait_s := self.deeds[deed].take(client):
            raise too_many(WORDS[deed], wait_s)


@dataclass(frozen=True)
class UploadLimits:
    """How much an upload may hold. Whoever reads one asks before it keeps or decodes anything; each raises a 413."""

    upload_bytes: int
    unpacked_bytes: int
    image_pixels: int
    csv_cells: int
    csv_columns: int

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Those of a server."""
        return cls(
            settings.upload_bytes, settings.unpacked_mb << 20, settings.image_pixels, settings.csv_cells,
            settings.csv_columns,
        )  # fmt: skip

    def uploaded(self, size_bytes: int) -> None:
        """The bytes that came, so far or in all."""
        _bound(size_bytes, self.upload_bytes, "An upload has at most {:,} bytes here, this one {:,} or more.")

    def unpacked(self, size_bytes: int) -> None:
        """The bytes that were unpacked, so far or in all."""
        _bound(
            size_bytes, self.unpacked_bytes, "An upload unpacks to at most {:,} bytes here, this one to {:,} or more."
        )

    def image(self, width: int, height: int) -> None:
        """The size an image's header names, before it is decoded."""
        _bound(width * height, self.image_pixels, "An image has at most {:,} pixels here, this one {:,}.")

    def table(self, rows: int, columns: int) -> None:
        """The cells of a table, so far or in all."""
        words = f"A table has at most {{:,}} cells here, this one {{:,}} or more: {rows:,} rows of {columns:,} columns."
        _bound(rows * columns, self.csv_cells, words)

    def table_columns(self, columns: int) -> None:
        """The columns that a table's first line names."""
        _bound(columns, self.csv_columns, "A table has at most {:,} columns here, this one {:,}.")


def _bound(value: int, most: int, words: str) -> None:
    if value > most:
        raise Problem(413, words.format(most, value), kind="too-large", value=value, bound={"le": most})
