"""What is kept of the past of a run: frames of all its views, for scrubbing, and training states, for going back.

Kept at steps 0, 1, 2, 4, 8 … and wherever a step was asked for; within a budget, thinned so that what stays is spread
evenly over the logarithm of the step. The first and the newest never fall.
"""

from __future__ import annotations

import hashlib
import logging
import math
import os
from bisect import bisect_right
from collections.abc import Mapping
from pathlib import Path
from typing import Generic, Protocol, TypeVar, runtime_checkable

import numpy as np
from safetensors.numpy import load, save

FRAME_BYTES, FRAME_STEPS = 32 * 2**20, 64
STATE_BYTES = 256 * 2**20
V = TypeVar("V")
log = logging.getLogger("orrery.kept")


class Damaged(Exception):
    """What lies in a file is not what was written there."""


def next_key(step: int) -> int:
    """The first step after `step` at which the past is kept of itself: 0, 1, 2, 4, 8 …"""
    return 0 if step < 0 else 1 << step.bit_length()


@runtime_checkable
class Shelf(Protocol[V]):
    """Where values lie by step."""

    def there(self) -> dict[int, int]:
        """The bytes of each step that lies here, ascending."""

    def put(self, step: int, value: V) -> int:
        """Keeps a value; how many bytes it takes."""

    def get(self, step: int) -> V:
        """The value of a step that is there."""

    def drop(self, step: int) -> None:
        """Forgets a step."""


class Memory(Generic[V]):
    """A shelf in memory, of bytes or of bytes by name."""

    def __init__(self) -> None:
        self.values: dict[int, V] = {}

    def there(self) -> dict[int, int]:
        return {step: _size(self.values[step]) for step in sorted(self.values)}

    def put(self, step: int, value: V) -> int:
        self.values[step] = value
        return _size(value)

    def get(self, step: int) -> V:
        return self.values[step]

    def drop(self, step: int) -> None:
        del self.values[step]


class Files:
    """A shelf of files `<step>.<ending>` in a folder, each written whole or not at all, its SHA-256 at the end."""

    def __init__(self, folder: Path, ending: str) -> None:
        self.folder, self.ending = folder, ending

    def there(self) -> dict[int, int]:
        """The bytes of each step that an earlier process has kept here, ascending."""
        found = (path for path in sorted(self.folder.glob(f"*.{self.ending}")) if path.stem.isdigit())
        return {int(path.stem): path.stat().st_size for path in found}

    def put(self, step: int, value: bytes) -> int:
        """Keeps a value; an OSError if it cannot be written, and then nothing of it is left."""
        whole = self._path(step)
        part = whole.with_suffix(".part")
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            with part.open("wb") as file:
                file.write(value)
                file.write(hashlib.sha256(value).digest())
            os.replace(part, whole)
        except OSError:
            part.unlink(missing_ok=True)
            raise
        return len(value)

    def get(self, step: int) -> bytes:
        """The value, as it was written; raises Damaged, or OSError."""
        data = self._path(step).read_bytes()
        value, digest = data[:-32], data[-32:]
        if hashlib.sha256(value).digest() != digest:
            raise Damaged(f"{self._path(step).name} is damaged: it is not used")
        return value

    def drop(self, step: int) -> None:
        self._path(step).unlink(missing_ok=True)

    def _path(self, step: int) -> Path:
        return self.folder / f"{step:010d}.{self.ending}"


class FrameFiles:
    """A shelf of the frames of all views, one file a step: safetensors of bytes by the view's name."""

    def __init__(self, folder: Path) -> None:
        self.files = Files(folder, "frames")
        self.there = self.files.there

    def put(self, step: int, value: dict[str, bytes]) -> int:
        return self.files.put(step, save({view: np.frombuffer(data, np.uint8) for view, data in value.items()}))

    def get(self, step: int) -> dict[str, bytes]:
        return {view: data.tobytes() for view, data in load(self.files.get(step)).items()}

    def drop(self, step: int) -> None:
        self.files.drop(step)


class Kept(Generic[V]):
    """The steps of a shelf, within a budget of bytes and steps."""

    def __init__(self, shelf: Shelf[V], bytes_: int, steps: int) -> None:
        self.shelf, self.most_bytes, self.most_steps = shelf, bytes_, steps
        self.sizes = shelf.there()  # by step, ascending

    @property
    def steps(self) -> list[int]:
        """The steps that are there, ascending."""
        return list(self.sizes)

    def keep(self, step: int, value: V) -> None:
        """Keeps a value as the newest; what falls for it is what is missed least."""
        self.cut(step - 1)
        self.sizes[step] = self.shelf.put(step, value)
        while len(self.sizes) > 2 and (len(self.sizes) > self.most_steps or sum(self.sizes.values()) > self.most_bytes):
            self._drop(least_missed(self.steps))

    def cut(self, step: int) -> None:
        """Forgets everything after a step."""
        for later in [kept for kept in self.sizes if kept > step]:
            self._drop(later)

    def at_or_below(self, step: int) -> tuple[int, V] | None:
        """The nearest step at or below that can be read, and its value; what is damaged is forgotten."""
        while place := bisect_right(self.steps, step):
            near = self.steps[place - 1]
            try:
                return near, self.shelf.get(near)
            except (Damaged, OSError) as error:
                log.warning("%s", error)
                self._drop(near)
        return None

    def _drop(self, step: int) -> None:
        del self.sizes[step]
        self.shelf.drop(step)


def least_missed(steps: list[int]) -> int:
    """The step, neither first nor last, without which the gap in log(step) is smallest."""
    gaps = {
        here: math.log((after + 1) / (before + 1))
        for before, here, after in zip(steps, steps[1:], steps[2:], strict=False)
    }
    return min(gaps, key=gaps.__getitem__)


def _size(value: object) -> int:
    if isinstance(value, bytes):
        return len(value)
    return sum(map(_size, value.values())) if isinstance(value, Mapping) else 0


class History:
    """The kept past of one run, in files of a folder, or in memory without one.

    `recent` are the newest states, kept every so often between the key steps: the way back to a moment ago is short.
    """

    def __init__(self, folder: Path | None = None) -> None:
        frames: Shelf[dict[str, bytes]] = FrameFiles(folder) if folder else Memory()
        states: Shelf[bytes] = Files(folder, "state") if folder else Memory()
        self.frames = Kept(frames, FRAME_BYTES, FRAME_STEPS)
        self.states = Kept(states, STATE_BYTES if folder else FRAME_BYTES, 4 * FRAME_STEPS)
        self.recent: Kept[bytes] = Kept(Memory(), FRAME_BYTES, 3)

    def state(self, step: int) -> tuple[int, bytes] | None:
        """The newest state at or before a step."""
        found = [kept for kept in (self.states.at_or_below(step), self.recent.at_or_below(step)) if kept]
        return max(found, key=lambda kept: kept[0], default=None)

    def cut(self, step: int) -> None:
        """Forgets everything after a step."""
        for kept in (self.frames, self.states, self.recent):
            kept.cut(step)
