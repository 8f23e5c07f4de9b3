"""What outlives a process."""

import asyncio
import contextlib
import shutil
import sqlite3
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from server.problems import Problem
from server.runs import rows
from server.runs.run import Record
from server.runs.store import CHUNKS_KEPT_APART, Store, WrongSchema, runs


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = Store(tmp_path / "orrery.db")
    store.start()
    yield store
    await store.stop()


def record(id_: str, **more: object) -> dict[str, object]:
    return asdict(Record(id=id_, lab="toy", config={"a": 1}, seed=0, max_steps=9, client="me", **more))  # type: ignore[arg-type]


def chunk(*steps: int) -> bytes:
    return rows.encode({"step": np.array(steps), "loss": np.array(steps, float)})


async def test_a_run_comes_back_as_it_was(store: Store) -> None:
    await store.commit(store.insert(record("r", takes={"1": -1}, problem={"kind": "diverged"}, speed=None)))
    row = await store.run("r")
    assert row is not None
    found = Record.read(row)
    assert (found.config, found.takes, found.problem, found.error) == ({"a": 1}, {"1": -1}, {"kind": "diverged"}, None)
    assert await store.run("no") is None


async def test_then_follows_the_commit_in_order(store: Store) -> None:
    done: list[int] = []
    for i in range(50):
        store.write(store.insert(record(f"r{i}")), lambda i=i: done.append(i))  # type: ignore[misc]
    await store.commit()
    assert done == list(range(50))


async def test_rows_of_a_span(store: Store) -> None:
    for first in range(0, 40, 4):
        store.write(store.add_rows("r", chunk(*range(first, first + 4)), first, first + 3))
    store.write(store.add_rows("other", chunk(7), 7, 7))
    await store.commit()
    assert (await store.rows("r"))["step"].tolist() == list(range(40))
    assert (await store.rows("r", 5, 10))["step"].tolist() == [6, 7, 8, 9, 10]
    assert (await store.rows("none"))["step"].tolist() == []


async def test_small_chunks_become_one(store: Store) -> None:
    for step in range(CHUNKS_KEPT_APART + 3):
        store.write(store.add_rows("r", chunk(step), step, step))
    await store.commit()
    with sqlite3.connect(store.path) as connection:
        assert connection.execute("select count(*) from chunks").fetchone() == (4,)
    assert (await store.rows("r"))["step"].tolist() == list(range(CHUNKS_KEPT_APART + 3))


async def test_rows_beyond_a_step_fall(store: Store) -> None:
    store.write(store.add_rows("r", chunk(0, 1, 2, 3), 0, 3))
    store.write(store.add_rows("r", chunk(4, 5), 4, 5))
    await store.commit(store.drop_rows("r", 2))
    assert (await store.rows("r"))["step"].tolist() == [0, 1, 2]
    await store.commit(store.drop_rows("r", -1))
    assert (await store.rows("r"))["step"].tolist() == []


async def test_pages_of_runs_without_drafts(store: Store) -> None:
    for i in range(5):
        store.write(store.insert(record(f"r{i}", created_at=100.0 + i // 2, status="paused", draft=i == 0)))
    await store.commit()
    first = await store.list_runs(None, None, 2, None)
    rest = await store.list_runs(None, None, 9, (first[-1]["created_at"], first[-1]["id"]))
    assert [row["id"] for row in first + rest] == ["r4", "r3", "r2", "r1"]
    assert await store.list_runs("toy", "running", 9, None) == []


async def test_edits_keep_their_order_and_take(store: Store) -> None:
    for step, take in [(3, 0), (3, 0), (1, 1)]:
        edit = {"step": step, "name": "put", "arguments": {"x": step}, "gesture": "drag"}
        store.write(store.add_edit("r", take, edit))
    await store.commit()
    assert [edit["step"] for edit in await store.edits("r", 0)] == [3, 3]
    assert (await store.edits("r", 1))[0] == {"step": 1, "name": "put", "arguments": {"x": 1}, "gesture": "drag"}


async def test_after_a_crash_what_was_alive_is_interrupted(store: Store) -> None:
    for status in ("running", "paused", "queued", "finished", "failed"):
        store.write(store.insert(record(status, status=status)))
    store.write(store.insert(record("draft", status="paused", draft=True)))
    assert await store.recover() == 1
    now = {name: (await store.run(name) or {})["status"] for name in ("running", "paused", "queued", "finished")}
    assert now == {"running": "interrupted", "paused": "paused", "queued": "queued", "finished": "finished"}
    assert await store.run("draft") is None


async def test_one_server_owns_a_home(store: Store) -> None:
    assert store.claim()
    other = Store(store.path)
    assert not other.claim()
    other.engine.dispose()
    assert other.lock is not None
    other.lock.close()


async def test_a_locked_file_only_delays(store: Store) -> None:
    other = sqlite3.connect(store.path, isolation_level=None, check_same_thread=False)
    other.execute("begin exclusive")
    threading.Timer(0.5, lambda: other.execute("rollback")).start()
    await store.commit(store.insert(record("r")))
    assert await store.run("r")
    other.close()


async def test_an_impossible_operation_takes_no_other_with_it(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    store.write(store.insert(record("r")))
    store.write(store.insert(record("r")))
    await store.commit(store.insert(record("s")))
    assert await store.run("r")
    assert await store.run("s")
    assert "could not be stored" in caplog.text


def test_another_schema_is_refused(tmp_path: Path) -> None:
    Store(tmp_path / "db").engine.dispose()
    with sqlite3.connect(tmp_path / "db") as connection:
        connection.execute("update about set value = '99'")
    connection.close()
    with pytest.raises(WrongSchema, match="99"):
        Store(tmp_path / "db")


async def test_the_log_becomes_part_of_the_database_soon(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever loses the -wal file loses half a minute."""
    monkeypatch.setattr("server.runs.store.FLUSH_S", 0.1)
    await store.commit(store.insert(record("r")))
    alone = store.path.with_name("copy.db")
    deadline = time.monotonic() + 20
    while True:
        shutil.copy(store.path, alone)
        with contextlib.suppress(sqlite3.Error), sqlite3.connect(alone) as connection:
            if connection.execute("select id from runs").fetchall() == [("r",)]:
                break
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    connection.close()


async def test_while_nothing_can_be_stored_nothing_is_dropped(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk, here by a limit of the database on its pages."""
    monkeypatch.setattr("server.runs.store.PATIENCE_S", 0.2)
    there_is_room = threading.Event()

    def grow(connection: sa.Connection) -> None:
        pages = 1_000_000 if there_is_room.is_set() else connection.exec_driver_sql("pragma page_count").scalar()
        connection.exec_driver_sql(f"pragma max_page_count={pages}")
        connection.execute(sa.insert(runs).values(record("s", notes="x" * 100_000)))

    await store.commit(store.insert(record("r")))
    with pytest.raises(Problem) as refused:
        await store.commit(grow)
    assert (refused.value.status, store.healthy) == (507, False)
    assert await store.run("r")
    assert await store.run("s") is None
    monkeypatch.setattr("server.runs.store.PATIENCE_S", 20.0)
    there_is_room.set()
    await store.commit()
    assert await store.run("s")
    assert store.healthy
