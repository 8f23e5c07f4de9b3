"""The frames that a run's process has kept for scrubbing, read from its folder: no process is needed for them."""

import hashlib
from bisect import bisect_right
from pathlib import Path

from safetensors import SafetensorError
from safetensors.numpy import load


def steps(folder: Path) -> list[int]:
    """The steps at which frames are kept, ascending."""
    return sorted(int(path.stem) for path in folder.glob("*.frames") if path.stem.isdigit())


def frame(folder: Path, view: str, step: int) -> tuple[int, bytes] | None:
    """(the nearest kept step at or below, the frame of a view there); None if there is none. Damaged ones are none."""
    there = steps(folder)
    place = bisect_right(there, step)
    while place:
        place -= 1
        try:
            found = _frames(folder / f"{there[place]:010d}.frames")
        except (OSError, SafetensorError):  # thinned meanwhile, or damaged
            continue
        if view in found:
            return there[place], found[view]
    return None


def _frames(path: Path) -> dict[str, bytes]:
    """Every view's frame in a file, whose last 32 bytes are the SHA-256 of those before; none if they are not."""
    data = path.read_bytes()
    whole, digest = data[:-32], data[-32:]
    intact = len(digest) == 32 and hashlib.sha256(whole).digest() == digest
    return {view: value.tobytes() for view, value in load(whole).items()} if intact else {}
