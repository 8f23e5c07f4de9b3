"""Where own tables lie: `ORRERY_HOME/datasets/ID.safetensors`, named by content, and a slip for each owner beside.

    datasets/0123456789abcdef.safetensors            the table; whoever uploads the same gets the same id
    datasets/owners/CLIENT/0123456789abcdef.json     that a client has it in its list, and what it calls it

A table without a slip is kept while a run still has it in its config: that run can be reset and replayed.
"""

import asyncio
import hashlib
import json
import os
import re
import threading
import time
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from server.datasets.reading import Parsed, read
from server.problems import Problem, too_many
from server.runs.limits import UploadLimits
from server.settings import Settings

READ_AT_ONCE, MAY_WAIT = 2, 32
ID = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True)
class Slip:
    """A table in a client's list."""

    id: str
    name: str
    rows: int
    columns: int
    created_at: float


class Datasets:
    """The tables of all clients. What is not asynchronous works on the disk and may take its time."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.folder = settings.home / "datasets"
        self.lock = threading.Lock()
        self.reading, self.turn = 0, asyncio.Semaphore(READ_AT_ONCE)

    async def read(self, file: BinaryIO, limits: UploadLimits) -> Parsed:
        """The table in a CSV, in its turn: reading keeps a core busy."""
        if self.reading >= MAY_WAIT:
            raise too_many(f"{self.reading} tables are being read already.", 5)
        self.reading += 1
        try:
            async with self.turn:
                return await asyncio.to_thread(read, file, limits)
        finally:
            self.reading -= 1

    def path(self, id_: str) -> Path:
        """The file of a table."""
        return self.folder / f"{id_}.safetensors"

    def exists(self, id_: str) -> bool:
        """Whether there is such a table here."""
        return bool(ID.fullmatch(id_)) and self.path(id_).is_file()

    def add(self, client: str, name: str, parsed: Parsed) -> Slip:
        """Keeps a table and puts it into a client's list; raises the 429 of a list, or a server, that is full."""
        id_ = hashlib.sha256(parsed.data).hexdigest()[:16]
        slip = Slip(id_, name, parsed.rows, parsed.columns, time.time())
        with self.lock:
            mine = self._desk(client)
            if not (mine / f"{id_}.json").exists():
                self._room(mine, 0 if self.exists(id_) else len(parsed.data))
            if not self.exists(id_):
                _write(self.path(id_), parsed.data)
            _write(mine / f"{id_}.json", json.dumps(asdict(slip), ensure_ascii=False).encode())
        return slip

    def _room(self, mine: Path, more_bytes: int) -> None:
        count, most = len(list(mine.glob("*.json"))), self.settings.datasets_per_client
        if count >= most:
            raise too_many(f"You keep {count} tables; at most {most} are allowed. Delete one you no longer need.", 60)
        full = sum(path.stat().st_size for path in self.folder.glob("*.safetensors"))
        if full + more_bytes > self.settings.datasets_mb << 20:
            raise too_many(f"This server keeps {self.settings.datasets_mb:,} MiB of tables, and they are full.", 600)

    def listed(self, client: str) -> list[Slip]:
        """A client's tables, the newest first."""
        slips = [slip for path in self._desk(client).glob("*.json") if (slip := _read(path))]
        return sorted((slip for slip in slips if self.exists(slip.id)), key=lambda slip: slip.created_at, reverse=True)

    def slip(self, client: str, id_: str) -> Slip | None:
        """What a client calls a table; else what the first who has it does."""
        if own := _read(self._desk(client) / f"{id_}.json"):
            return own
        slips = [slip for path in self.folder.glob(f"owners/*/{id_}.json") if (slip := _read(path))]
        return min(slips, key=lambda slip: slip.created_at, default=None)

    def remove(self, client: str, id_: str) -> None:
        """Takes a table off a client's list."""
        with self.lock:
            path = self._desk(client) / f"{id_}.json"
            if not ID.fullmatch(id_) or not path.exists():
                raise Problem(404, f"There is no table {id_[:100]!r} in your list.", kind="unknown")
            path.unlink()

    def ownerless(self) -> list[str]:
        """The tables that are in nobody's list."""
        owned = {path.stem for path in self.folder.glob("owners/*/*.json")}
        return [path.stem for path in self.folder.glob("*.safetensors") if path.stem not in owned]

    def clear(self, ids: Collection[str]) -> None:
        """Deletes tables that are still in nobody's list."""
        with self.lock:
            for id_ in set(ids) & set(self.ownerless()):
                self.path(id_).unlink(missing_ok=True)

    def _desk(self, client: str) -> Path:
        return self.folder / "owners" / hashlib.sha256(client.encode()).hexdigest()[:32]


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)


def _read(path: Path) -> Slip | None:
    try:
        return Slip(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None
