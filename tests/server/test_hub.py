"""Fan-out: nothing ordered is lost or doubled, frames are the newest."""

import asyncio
import json

import numpy as np
import pytest

from server.runs import hub
from server.runs.hub import Behind, Room, Viewer


def rows_of(*steps: int) -> dict[str, np.ndarray]:
    return {"step": np.array(steps), "loss": np.array(steps, float)}


def heard(room: Room, viewer: Viewer) -> list[dict]:
    return [json.loads(text) for text in room.messages(viewer)]


async def entered(room: Room) -> Viewer:
    viewer = Viewer()
    room.enter(viewer)
    return viewer


async def test_neighbouring_rows_become_one_message() -> None:
    room = Room()
    viewer = await entered(room)
    room.rows(rows_of(1, 2), 0)
    room.rows(rows_of(3), 0)
    room.event({"type": "edit", "step": 3})
    room.rows(rows_of(4), 0)
    assert [(m["type"], m.get("columns", {}).get("step")) for m in heard(room, viewer)] == [
        ("metrics", [1, 2, 3]), ("edit", None), ("metrics", [4]),
    ]  # fmt: skip
    assert heard(room, viewer) == []


async def test_each_viewer_has_its_own_place() -> None:
    room = Room()
    first = await entered(room)
    room.rows(rows_of(1), 0)
    second = await entered(room)
    room.rows(rows_of(2), 0)
    assert [m["columns"]["step"] for m in heard(room, first)] == [[1, 2]]
    assert [m["columns"]["step"] for m in heard(room, second)] == [[2]]


async def test_a_passing_status_gives_way_a_change_does_not() -> None:
    room = Room()
    viewer = await entered(room)
    for step, more in [(1, {"refresh": True}), (2, {}), (3, {"refresh": True}), (4, {"refresh": True})]:
        room.event({"type": "status", "step": step, **more})
    assert [m["step"] for m in heard(room, viewer)] == [2, 4]


async def test_falling_off_the_log_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "LOG_ENTRIES", 4)
    room = Room()
    viewer = await entered(room)
    for step in range(6):
        room.rows(rows_of(step), 0)
    with pytest.raises(Behind):
        room.messages(viewer)


async def test_nothing_is_kept_for_nobody() -> None:
    room = Room()
    room.rows(rows_of(1), 0)
    assert (len(room.log), room.last_step) == (0, 1)
    viewer = await entered(room)
    room.rows(rows_of(2), 0)
    room.leave(viewer)
    assert len(room.log) == 0


async def test_frames_are_the_newest_and_come_once() -> None:
    room = Room()
    viewer = await entered(room)
    room.watch(viewer, {"a": 30})
    room.frame("a", b"1", 0)
    room.frame("a", b"2", 0)
    room.frame("other", b"x", 0)
    assert room.due_frames(viewer, 1.0) == ([b"2"], None)
    assert room.due_frames(viewer, 1.1) == ([], None)


async def test_a_viewer_gets_no_more_than_its_rate() -> None:
    room = Room()
    viewer = await entered(room)
    room.watch(viewer, {"a": 2})
    room.frame("a", b"1", 0)
    assert room.due_frames(viewer, 0.0)[0] == [b"1"]
    room.frame("a", b"2", 0)
    frames, wait_s = room.due_frames(viewer, 0.1)
    assert frames == []
    assert wait_s == pytest.approx(0.3)
    assert room.due_frames(viewer, 0.4)[0] == [b"2"]


async def test_watching_again_brings_a_frame_at_once() -> None:
    room = Room()
    viewer, other = await entered(room), await entered(room)
    room.watch(viewer, {"a": 1})
    room.frame("a", b"1", 0)
    assert room.due_frames(viewer, 0.0)[0] == [b"1"]
    room.watch(other, {"a": 1})
    room.watch(viewer, {"a": 1})
    assert room.due_frames(other, 0.0)[0] == room.due_frames(viewer, 0.0)[0] == [b"1"]


async def test_the_worker_hears_the_highest_rate_of_each_view() -> None:
    said: list[dict[str, float]] = []
    room = Room(said.append)
    first, second = await entered(room), await entered(room)
    room.watch(first, {"a": 5, "b": 1})
    room.watch(second, {"a": 30})
    room.leave(first)
    room.leave(second)
    assert said == [{"a": 5, "b": 1}, {"a": 30, "b": 1}, {"a": 30}, {}]


async def test_no_frame_of_an_older_take_follows_a_rewind() -> None:
    room = Room()
    viewer = await entered(room)
    room.watch(viewer, {"a": 60})
    room.frame("a", b"old", 0)
    room.frame("a", b"new", 1)
    assert room.due_frames(viewer, 0.0)[0] == []
    room.rewind(-1, 1)
    room.frame("a", b"late", 0)
    assert room.due_frames(viewer, 0.0)[0] == [b"new"]
    assert heard(room, viewer) == [{"type": "rewind", "to_step": -1, "take": 1}]


async def test_the_more_viewers_the_slower_the_beat() -> None:
    room = Room()
    for viewer in [await entered(room) for _ in range(200)]:
        room.watch(viewer, {"a": 30, "b": 30})
    loop = asyncio.get_running_loop()
    room.beat_at = loop.time()
    room.rows(rows_of(1), 0)
    assert room.beating is not None
    assert room.beating.when() - loop.time() == pytest.approx(200 * 3 * hub.SEND_COST_S, abs=0.02)
