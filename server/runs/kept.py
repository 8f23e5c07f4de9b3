"""The frames that a run's process has kept for scrubbing, read from its folder: no process is needed for them."""

from bisect import bisect_right
from pathlib import Path

from safetensors import safe_open


def steps(folder: Path) -> list[int]:
    """The steps at which frames are kept, ascending."""
    return sorted(int(path.stem) for path in folder.glob("*.frames") if path.stem.isdigit())


def frame(folder: Path, view: str, step: int) -> tuple[int, bytes] | None:
    """(the nearest kept step at or below, the frame of a view there); None if there is none."""
    there = steps(folder)
    place = bisect_right(there, step)
    while place:
        place -= 1
        try:
            with safe_open(folder / f"{there[place]:010d}.frames", "numpy") as file:
                if view in file.keys():  # noqa: SIM118  no mapping
                    return there[place], file.get_tensor(view).tobytes()
        except OSError:  # thinned meanwhile
            continue
    return None
