"""The training states of a run on disk: written whole or not at all, named by step and SHA-256, the last two kept.

A file that was cut short or changed by one bit does not match its name, and the one before it is used. A running
process writes its state under another name first: it counts once the metrics up to its step are stored.
"""

import contextlib
import hashlib
import os
import re
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

KEPT = 2
_NAME = re.compile(r"^(?P<step>\d{10})-(?P<sha>[0-9a-f]{64})\.safetensors$")


def write(folder: Path, step: int, data: bytes | Iterable[bytes]) -> Path:
    """Keeps a state as the newest, and the one before it; what lies further back goes."""
    return show(folder, prepare(folder, step, data))


def prepare(folder: Path, step: int, data: bytes | Iterable[bytes]) -> str:
    """Writes a state, whole or in pieces, not yet to be read; its name.

    An OSError if it cannot be, and then nothing of it is left.
    """
    folder.mkdir(parents=True, exist_ok=True)
    part, digest = folder / f"{secrets.token_hex(8)}.part", hashlib.sha256()
    try:
        with part.open("wb") as file:
            for piece in [data] if isinstance(data, bytes) else data:
                digest.update(piece)
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        name = f"{step:010d}-{digest.hexdigest()}.safetensors"
        os.replace(part, (folder / name).with_suffix(".part"))
    except OSError:
        part.unlink(missing_ok=True)
        raise
    return name


def show(folder: Path, name: str) -> Path:
    """Makes a prepared state the newest; what lies further back than the one before it goes."""
    whole = folder / name
    if not _NAME.match(name):
        raise ValueError(f"{name!r} is no name of a state")
    with contextlib.suppress(FileNotFoundError):  # the run was deleted or reset meanwhile
        os.replace(whole.with_suffix(".part"), whole)
        for old in [path for path in newest_first(folder) if path != whole][KEPT - 1 :]:
            old.unlink(missing_ok=True)
    return whole


def read(folder: Path) -> bytes | None:
    """The newest state whose bytes are those that were written; None if there is none."""
    return next((data for path in newest_first(folder) if (data := intact(path)) is not None), None)


def intact(path: Path) -> bytes | None:
    """The bytes of a state's file, if they are those that were written."""
    match = _NAME.match(path.name)
    try:
        data = path.read_bytes()
    except OSError:
        return None
    return data if match and hashlib.sha256(data).hexdigest() == match["sha"] else None


def opened(folder: Path) -> tuple[BinaryIO, int] | None:
    """The newest state that is whole, open to be read, and its bytes; it stays so when newer ones take its place."""
    for path in newest_first(folder):
        try:
            file = path.open("rb")
        except OSError:
            continue
        if hashlib.file_digest(file, "sha256").hexdigest() == path.stem.split("-")[1]:
            return file, os.fstat(file.fileno()).st_size
        file.close()
    return None


def step_of(path: Path) -> int:
    """The step of a state, which is in its file's name."""
    return int(path.name.split("-")[0])


def clear(folder: Path) -> None:
    """Forgets all states: what follows begins from nothing, or elsewhere."""
    for path in [*newest_first(folder), *folder.glob("*.part")]:
        path.unlink(missing_ok=True)


def newest_first(folder: Path) -> list[Path]:
    """The files of states, the one written last first."""
    found = [path for path in folder.glob("*.safetensors") if _NAME.match(path.name)] if folder.is_dir() else []
    return sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)
