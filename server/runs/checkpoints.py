"""The training states of a run on disk: written whole or not at all, named by step and SHA-256, the last two kept.

A file that was cut short or changed by one bit does not match its name, and the one before it is used.
"""

import hashlib
import os
import re
from pathlib import Path

KEPT = 2
_NAME = re.compile(r"^(?P<step>\d{10})-(?P<sha>[0-9a-f]{64})\.safetensors$")


def write(folder: Path, step: int, data: bytes) -> Path:
    """Keeps a state as the newest, and the one before it; what lies further back goes."""
    folder.mkdir(parents=True, exist_ok=True)
    whole = folder / f"{step:010d}-{hashlib.sha256(data).hexdigest()}.safetensors"
    part = whole.with_suffix(".part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, whole)
    for old in [path for path in newest_first(folder) if path != whole][KEPT - 1 :]:
        old.unlink(missing_ok=True)
    return whole


def read(folder: Path) -> bytes | None:
    """The newest state whose bytes are those that were written; None if there is none."""
    for path in newest_first(folder):
        try:
            data = path.read_bytes()
        except OSError:
            continue
        match = _NAME.match(path.name)
        if match and hashlib.sha256(data).hexdigest() == match["sha"]:
            return data
    return None


def clear(folder: Path) -> None:
    """Forgets all states: what follows begins from nothing, or elsewhere."""
    for path in newest_first(folder):
        path.unlink(missing_ok=True)


def newest_first(folder: Path) -> list[Path]:
    """The files of states, the one written last first."""
    found = [path for path in folder.glob("*.safetensors") if _NAME.match(path.name)] if folder.is_dir() else []
    return sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)
