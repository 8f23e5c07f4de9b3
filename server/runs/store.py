"""What outlives a process: runs, edits, and metrics as safetensors chunks. The only file that knows the database.

SQLite in WAL mode with one writing connection, in a thread of its own that commits whatever has gathered in one
transaction. An operation's `then` is called on the event loop once it is committed: so nothing is published that a
crash could take back.
"""

import asyncio
import contextlib
import logging
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TextIO, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError, OperationalError

from server.problems import unstored
from server.runs import rows
from server.runs.rows import Columns

if sys.platform != "win32":
    import fcntl

log = logging.getLogger("orrery.store")
T = TypeVar("T")
SCHEMA = 1
CHUNKS_KEPT_APART = 64
RETRY_S, GIVE_UP_S, PATIENCE_S, FLUSH_S = 0.2, 3.0, 10.0, 30.0
PASSING = {5, 6, 8, 10, 13, 14}  # SQLite: busy, locked, read-only, input or output, full, cannot open

metadata = sa.MetaData()
about = sa.Table(
    "about", metadata, sa.Column("name", sa.String, primary_key=True), sa.Column("value", sa.String, nullable=False)
)
runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("lab", sa.String, nullable=False, index=True),
    sa.Column("config", sa.JSON, nullable=False),
    sa.Column("seed", sa.BigInteger, nullable=False),
    sa.Column("name", sa.String, nullable=False, default=""),
    sa.Column("notes", sa.Text, nullable=False, default=""),
    sa.Column("status", sa.String, nullable=False, index=True),
    sa.Column("draft", sa.Boolean, nullable=False),
    sa.Column("step", sa.BigInteger, nullable=False, default=0),
    sa.Column("epoch", sa.Float, nullable=False, default=0.0),
    sa.Column("take", sa.Integer, nullable=False, default=0),
    sa.Column("takes", sa.JSON, nullable=False),  # {take: the step it went back to; -1 for a new beginning}
    sa.Column("message", sa.Text, nullable=False, default=""),
    sa.Column("problem", sa.JSON(none_as_null=True)),
    sa.Column("error", sa.JSON(none_as_null=True)),
    sa.Column("max_steps", sa.BigInteger, nullable=False),
    sa.Column("passed", sa.JSON, nullable=False),
    sa.Column("speed", sa.Float),
    sa.Column("client", sa.String, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False, index=True),
    sa.Column("changed_at", sa.Float, nullable=False),
)
edits = sa.Table(
    "edits",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("run", sa.String, nullable=False, index=True),
    sa.Column("take", sa.Integer, nullable=False),
    sa.Column("step", sa.BigInteger, nullable=False),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("arguments", sa.JSON, nullable=False),
    sa.Column("gesture", sa.String),
)
chunks = sa.Table(
    "chunks",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("run", sa.String, nullable=False),
    sa.Column("first", sa.BigInteger, nullable=False),
    sa.Column("last", sa.BigInteger, nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
    sa.Index("chunks_of_run", "run", "last"),
)

Operation = Callable[[sa.Connection], Any]


class WrongSchema(Exception):
    """The database was written by another version, or is damaged."""


class Store:
    """Reads in threads, writes in one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self.engine = sa.create_engine(
            f"sqlite:///{path}", connect_args={"timeout": 5, "check_same_thread": False}, pool_size=8
        )
        sa.event.listen(self.engine, "connect", _pragmas)
        try:
            self._open()
        except OperationalError:
            raise
        except DatabaseError as error:
            raise WrongSchema(
                f"{path} is damaged ({error.orig}). Put a copy in its place, or move it away to begin with none."
            ) from None
        self.loop: asyncio.AbstractEventLoop | None = None
        self.queue: queue.SimpleQueue[tuple[Operation, Callable[[], None]] | None] = queue.SimpleQueue()
        self.thread = threading.Thread(target=self._write, name="store", daemon=True)
        self.small: dict[str, int] = {}
        self.trouble = ""  # why nothing can be stored at the moment
        self.trouble_at = 0.0  # since when
        self.ending = False
        self.flush_at = 0.0  # when the log of the database is to become part of it; 0: it has
        self.lock: TextIO | None = None

    def _open(self) -> None:
        """Make what is missing; refuse what another version has written."""
        with self.engine.begin() as connection:
            metadata.create_all(connection)
            version = connection.scalar(sa.select(about.c.value).where(about.c.name == "schema"))
            if version is None:
                connection.execute(sa.insert(about).values(name="schema", value=str(SCHEMA)))
            elif version != str(SCHEMA):
                raise WrongSchema(
                    f"{self.path} has schema {version}; this Orrery knows {SCHEMA}. Start with another ORRERY_HOME."
                )

    def claim(self) -> bool:
        """Whether this is the only server on these files; held until the process ends."""
        if sys.platform == "win32":
            return True
        self.lock = self.path.with_suffix(".lock").open("w")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def start(self) -> None:
        """Begin to write; `then`s are called on the running loop."""
        self.loop = asyncio.get_running_loop()
        self.thread.start()

    @property
    def healthy(self) -> bool:
        """Whether what is recorded can be stored."""
        return not self.trouble

    async def stop(self) -> None:
        """Commit what is queued and close."""
        self.ending = True
        self.queue.put(None)
        await asyncio.to_thread(self.thread.join, 8)
        if self.lock is not None:
            self.lock.close()
        self.engine.dispose()

    # ------------------------------------------------------------ writing

    def write(self, operation: Operation, then: Callable[[], None] = lambda: None) -> None:
        """Queue an operation; `then` follows its commit."""
        self.queue.put((operation, then))

    async def commit(self, operation: Operation = lambda connection: None) -> None:
        """Write, and wait until it and everything before it is committed; a 507 if it cannot be for long."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.write(operation, lambda: None if done.done() else done.set_result(None))
        while not done.done():
            await asyncio.wait({done}, timeout=PATIENCE_S)
            if self.trouble and not done.done():
                raise unstored(self.trouble)

    def _write(self) -> None:
        ended = False
        with self.engine.connect() as connection:
            while not ended:
                batch = [self._next(connection)]
                while not self.queue.empty():
                    batch.append(self.queue.get())
                ended = None in batch
                self.flush_at = self.flush_at or time.monotonic() + FLUSH_S
                work = [item for item in batch if item is not None]
                self._transact(connection, [operation for operation, _ in work])
                if self.loop is not None and not self.loop.is_closed():
                    self.loop.call_soon_threadsafe(_call_all, [then for _, then in work])

    def _next(self, connection: sa.Connection) -> tuple[Operation, Callable[[], None]] | None:
        """The next operation; half a minute after a commit at the latest, the database's log becomes part of it."""
        while self.flush_at:
            late_s = self.flush_at - time.monotonic()
            if late_s <= 0:
                self.flush_at = 0.0
                with contextlib.suppress(OperationalError):  # a full disk: after the next commit
                    connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")
                    connection.rollback()
            else:
                with contextlib.suppress(queue.Empty):
                    return self.queue.get(timeout=late_s)
        return self.queue.get()

    def _transact(self, connection: sa.Connection, operations: list[Operation]) -> None:
        """One transaction; while the disk is full or the file locked, again and again until it is not."""
        small = dict(self.small)
        while True:
            try:
                with connection.begin():
                    for operation in operations:
                        operation(connection)
                self.trouble = ""
                return
            except Exception as error:  # one impossible operation must not take the writer, or the others, with it
                self.small = dict(small)
                if not _is_passing(error):
                    log.exception("a change could not be stored")
                    break
                if self._wait(error):
                    log.error("%d changes are lost", len(operations))
                    return
        for operation in operations if len(operations) > 1 else ():
            self._transact(connection, [operation])

    def _wait(self, error: Exception) -> bool:
        """Note why nothing can be stored, and wait a little; whether that is enough, because the server ends."""
        if not self.trouble:
            self.trouble_at = time.monotonic()
            log.error("%s cannot be written: %s", self.path, error)
        self.trouble = str(getattr(error, "orig", error))
        time.sleep(RETRY_S)
        return self.ending and time.monotonic() > self.trouble_at + GIVE_UP_S

    # ------------------------------------------------------------ reading

    async def read(self, query: Callable[[sa.Connection], T]) -> T:
        """Run a query in a thread."""

        def work() -> T:
            with self.engine.connect() as connection:
                return query(connection)

        return await asyncio.to_thread(work)

    # ------------------------------------------------------------ runs

    def insert(self, record: dict[str, Any]) -> Operation:
        return lambda connection: connection.execute(sa.insert(runs).values(**record))

    def update(self, run: str, **values: Any) -> Operation:
        return lambda connection: connection.execute(sa.update(runs).where(runs.c.id == run).values(**values))

    def delete(self, run: str) -> Operation:
        def operation(connection: sa.Connection) -> None:
            for table, column in ((runs, runs.c.id), (edits, edits.c.run), (chunks, chunks.c.run)):
                connection.execute(sa.delete(table).where(column == run))

        return operation

    async def run(self, run: str) -> dict[str, Any] | None:
        found = await self.read(lambda c: c.execute(sa.select(runs).where(runs.c.id == run)).mappings().first())
        return dict(found) if found else None

    async def mentioned(self, names: Iterable[str]) -> set[str]:
        """Those of some names that a run has in its settings."""
        settings = sa.cast(runs.c.config, sa.Text)
        asked = {name: sa.select(sa.exists().where(settings.contains(f'"{name}"', autoescape=True))) for name in names}
        return await self.read(lambda c: {name for name, query in asked.items() if c.execute(query).scalar()})

    async def list_runs(
        self,
        lab: str | None,
        status: str | None,
        limit: int,
        before: tuple[float, str] | None,
        words: str = "",
        labs: Iterable[str] = (),
    ) -> list[dict[str, Any]]:
        """The newest runs first, without drafts; `before` is the (created_at, id) of the last one seen.

        `words` are looked for in names, notes and labs' ids, whatever their case; runs of `labs` are found as well.
        """
        query = sa.select(runs).where(~runs.c.draft).order_by(runs.c.created_at.desc(), runs.c.id.desc()).limit(limit)
        if lab:
            query = query.where(runs.c.lab == lab)
        if status:
            query = query.where(runs.c.status == status)
        if words:
            texts = (runs.c.name, runs.c.notes, runs.c.lab)
            held = [text.icontains(words, autoescape=True) for text in texts]
            query = query.where(sa.or_(*held, runs.c.lab.in_(list(labs))))
        if before:
            query = query.where(sa.tuple_(runs.c.created_at, runs.c.id) < sa.tuple_(*map(sa.literal, before)))
        found = await self.read(lambda c: c.execute(query).mappings().all())
        return [dict(row) for row in found]

    async def previous(self, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
        """For each run, {id, seed, config} of the run of its lab that was made before it; a lab's first has none."""
        older = runs.alias()
        earlier = sa.tuple_(older.c.created_at, older.c.id) < sa.tuple_(runs.c.created_at, runs.c.id)
        newest = (
            sa.select(older.c.id)
            .where(older.c.lab == runs.c.lab, ~older.c.draft, earlier)
            .order_by(older.c.created_at.desc(), older.c.id.desc())
            .limit(1)
            .correlate(runs)
            .scalar_subquery()
        )
        pairs = sa.select(runs.c.id.label("of"), newest.label("id")).where(runs.c.id.in_(list(ids))).subquery()
        query = sa.select(pairs.c.of, runs.c.id, runs.c.seed, runs.c.config).join(runs, runs.c.id == pairs.c.id)
        found = await self.read(lambda c: c.execute(query).mappings().all())
        return {row["of"]: {name: row[name] for name in ("id", "seed", "config")} for row in found}

    async def recover(self) -> int:
        """After a start: drafts go, and what was alive when the last server ended is `interrupted`.

        Returns how many were.
        """

        def operation(connection: sa.Connection) -> None:
            drafts = sa.select(runs.c.id).where(runs.c.draft)
            for table, column in ((edits, edits.c.run), (chunks, chunks.c.run), (runs, runs.c.id)):
                connection.execute(sa.delete(table).where(column.in_(drafts)))
            alive = runs.c.status.in_(("starting", "running"))
            message = "The server ended while this run was training. Play goes on from its newest checkpoint."
            result = connection.execute(sa.update(runs).where(alive).values(status="interrupted", message=message))
            counted.append(result.rowcount)

        counted: list[int] = []
        await self.commit(operation)
        return counted[0] if counted else 0

    # ------------------------------------------------------------ edits

    def add_edit(self, run: str, take: int, edit: dict[str, Any]) -> Operation:
        values = {name: edit.get(name) for name in ("step", "name", "arguments", "gesture")}
        return lambda connection: connection.execute(sa.insert(edits).values(run=run, take=take, **values))

    async def edits(self, run: str, take: int) -> list[dict[str, Any]]:
        query = sa.select(edits.c.step, edits.c.name, edits.c.arguments, edits.c.gesture)
        query = query.where(edits.c.run == run, edits.c.take == take).order_by(edits.c.id)
        return [dict(row) for row in await self.read(lambda c: c.execute(query).mappings().all())]

    # ------------------------------------------------------------ metrics

    def add_rows(self, run: str, data: bytes, first: int, last: int) -> Operation:
        """Append a chunk; now and then the small ones of a run become one."""

        def operation(connection: sa.Connection) -> None:
            connection.execute(sa.insert(chunks).values(run=run, first=first, last=last, data=data))
            self.small[run] = self.small.get(run, 0) + 1
            if self.small[run] >= CHUNKS_KEPT_APART:
                self.small[run] = 0
                _merge(connection, run)

        return operation

    def drop_rows(self, run: str, after: int) -> Operation:
        """Forget the rows beyond a step (−1: all of them)."""

        def operation(connection: sa.Connection) -> None:
            late = sa.select(chunks.c.data).where(chunks.c.run == run, chunks.c.last > after, chunks.c.first <= after)
            kept = [rows.between(rows.decode(data), -1, after) for (data,) in connection.execute(late)]
            connection.execute(sa.delete(chunks).where(chunks.c.run == run, chunks.c.last > after))
            for part in kept:
                steps = part["step"]
                values = {"run": run, "first": int(steps[0]), "last": int(steps[-1]), "data": rows.encode(part)}
                connection.execute(sa.insert(chunks).values(values))

        return operation

    async def last_step(self, run: str, known: int) -> int:
        """The last step that is stored of a run: its own, or that of its newest row."""
        query = sa.select(sa.func.max(chunks.c.last)).where(chunks.c.run == run)
        return max(known, await self.read(lambda c: c.scalar(query)) or 0)

    async def rows(self, run: str, after: int = -1, to: int | None = None) -> Columns:
        """The recorded rows with after < step ≤ to."""
        query = sa.select(chunks.c.data).where(chunks.c.run == run, chunks.c.last > after).order_by(chunks.c.first)
        if to is not None:
            query = query.where(chunks.c.first <= to)

        def work(connection: sa.Connection) -> Columns:
            found = rows.join(rows.decode(data) for (data,) in connection.execute(query))
            return rows.between(found, after, float("inf") if to is None else to)

        return await self.read(work)


def _is_passing(error: Exception) -> bool:
    """Whether the disk or another process is the reason: what could not be stored now can be later."""
    code = getattr(error.orig, "sqlite_errorcode", 0) if isinstance(error, OperationalError) else 0
    return code & 0xFF in PASSING


def _merge(connection: sa.Connection, run: str) -> None:
    """Make one chunk of the newest small ones."""
    newest = (
        sa.select(chunks.c.id, chunks.c.data)
        .where(chunks.c.run == run)
        .order_by(chunks.c.id.desc())
        .limit(CHUNKS_KEPT_APART)
    )
    found = connection.execute(newest).all()
    joined = rows.join(rows.decode(data) for _, data in reversed(found))
    connection.execute(sa.delete(chunks).where(chunks.c.id.in_([id_ for id_, _ in found])))
    steps = joined["step"]
    connection.execute(
        sa.insert(chunks).values(run=run, first=int(steps[0]), last=int(steps[-1]), data=rows.encode(joined))
    )


def _pragmas(connection: Any, record: object) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000", "wal_autocheckpoint=4000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _call_all(functions: list[Callable[[], None]]) -> None:
    for function in functions:
        function()


__all__ = ["SCHEMA", "Store", "WrongSchema"]
