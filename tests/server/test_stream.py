"""The stream: nothing missed, nothing doubled, the newest picture, and nobody harmed by a slow viewer."""

import contextlib
import json
import socket
import struct
import time

import pytest
from websockets.exceptions import ConnectionClosed

from tests.server.conftest import Server


def test_hello_rows_frames_and_the_end(server: Server) -> None:
    run = server.make(max_steps=300)
    with server.watch(run, "?since=-1") as viewer:
        hello = viewer.hear()
        assert isinstance(hello, dict)
        assert (hello["type"], hello["run"], hello["step"], hello["take"]) == ("hello", run, 0, 0)
        viewer.send({"type": "watch", "views": {"values": 30}})
        first = viewer.frame()
        assert b'"step":"0"' in first
        server.post(f"/api/runs/{run}/play")
        last = viewer.until(lambda m: m["type"] == "status" and m["status"] == "finished")
        assert (last["step"], last["max_steps"]) == (300, 300)
        assert viewer.steps == list(range(301))
        while b'"step":"300"' not in viewer.frames[-1]:  # it may have come before the last status
            viewer.frame()


def test_without_since_nothing_is_replayed(server: Server) -> None:
    run = server.make()
    server.post(f"/api/runs/{run}/step", {"count": 5})
    with server.watch(run) as viewer:
        viewer.until_type("hello")
        server.post(f"/api/runs/{run}/step")
        viewer.until_type("metrics")
        assert viewer.steps == [6]


def test_a_viewer_cut_off_again_and_again_misses_and_doubles_nothing(server: Server) -> None:
    run = server.make(max_steps=4_000, config={"rate": 0.001}, steps_per_second=2_000)
    server.post(f"/api/runs/{run}/play")
    steps: list[int] = []
    ended = False
    while not ended:
        query = f"?since={steps[-1] if steps else -1}&take=0"
        with server.watch(run, query) as viewer:
            before = len(steps)
            while len(steps) < before + 400 and not ended:
                message = viewer.hear()
                if isinstance(message, dict) and message["type"] == "metrics":
                    steps += message["columns"]["step"]
                over = isinstance(message, dict) and message["type"] == "status" and message["status"] == "finished"
                ended = over or len(steps) > 4_000
    assert steps == list(range(4_001))


def test_a_long_history_is_to_be_fetched(server: Server) -> None:
    run = server.make(max_steps=6_000, autoplay=True)
    server.status(run, "finished")
    with server.watch(run, "?since=-1") as viewer:
        history = viewer.until_type("history")
        assert (history["from"], history["to"]) == (0, 6_000)
    with server.watch(run, "?since=5990") as viewer:
        assert viewer.until_type("metrics")["columns"]["step"] == list(range(5_991, 6_001))


def test_a_reset_is_a_rewind_and_an_older_take_hears_of_it_first(server: Server) -> None:
    run = server.make()
    server.post(f"/api/runs/{run}/step", {"count": 4})
    with server.watch(run, "?since=4&take=0") as viewer:
        viewer.until_type("hello")
        server.post(f"/api/runs/{run}/reset")
        assert viewer.until_type("rewind")["to_step"] == -1
        assert viewer.until_type("metrics")["columns"]["step"] == [0]
    server.post(f"/api/runs/{run}/step", {"count": 2})
    with server.watch(run, "?since=4&take=0") as viewer:
        assert viewer.until_type("hello")["take"] == 1
        rewind = viewer.hear()
        assert isinstance(rewind, dict)
        assert (rewind["type"], rewind["to_step"], rewind["take"]) == ("rewind", -1, 1)
        viewer.until_type("metrics")
        assert viewer.steps == [0, 1, 2]


def test_since_beyond_the_head_replays_nothing(server: Server) -> None:
    run = server.make()
    server.post(f"/api/runs/{run}/step", {"count": 2})
    with server.watch(run, "?since=1000&take=0") as viewer:
        viewer.until_type("hello")
        viewer.send({"type": "ping"})
        viewer.until_type("pong")
        assert viewer.steps == []


def test_a_class_sees_the_lecturers_hand(server: Server) -> None:
    run = server.make()
    with server.watch(run) as viewer:
        viewer.until_type("hello")
        viewer.send({"type": "watch", "views": {"values": 30}})
        viewer.frame()
        server.call("PATCH", f"/api/runs/{run}", {"config": {"rate": 0.25}})
        edit = viewer.until_type("edit")
        assert (edit["step"], edit["name"], edit["arguments"]) == (0, "config", {"rate": 0.25})
        server.post(f"/api/runs/{run}/actions/put", {"id": "a", "x": 7, "y": 0})
        assert viewer.until_type("edit")["name"] == "put"
        while struct.pack("<4f", 7, 7, 7, 7) not in viewer.frames[-1]:  # a frame need not wait for the edit's commit
            viewer.frame()


def test_a_challenge_lights_up(server: Server) -> None:
    run = server.make(config={"rate": 0.5})
    with server.watch(run) as viewer:
        viewer.until_type("hello")
        server.post(f"/api/runs/{run}/step", {"count": 30})
        assert viewer.until_type("challenge")["id"] == "near"
    server.until(run, lambda found: found["passed"] == ["near"])


def test_a_second_viewer_gets_a_frame_of_a_paused_run_at_once(server: Server) -> None:
    run = server.make()
    with server.watch(run) as first, server.watch(run) as second:
        first.send({"type": "watch", "views": {"values": 1}})
        frame = first.frame()
        second.send({"type": "watch", "views": {"values": 1}})
        assert second.frame() == frame


def test_what_is_watched_is_remembered_while_starting(server: Server) -> None:
    run = server.make("slow", config={"build": 0.4})
    with server.watch(run) as viewer:
        viewer.send({"type": "watch", "views": {"words": 5}})
        assert viewer.frame()


def test_a_stored_run_can_still_be_looked_at(server: Server) -> None:
    run = server.make(config={"crash_at": 3}, autoplay=True)
    server.status(run, "failed")
    with server.watch(run, "?since=-1") as viewer:
        hello = viewer.until_type("hello")
        assert (hello["status"], hello["error"]["kind"]) == ("failed", "step-failed")


@pytest.mark.parametrize(
    "message",
    ["", "{", "[" * 10_000, "null", "[]", '{"type":"play"}', '{"type":"watch"}', '{"type":"watch","views":{"nope":1}}',
     '{"type":"watch","views":{"values":-1}}', '{"type":"watch","views":{"values":NaN}}',
     '{"type":"watch","views":{"values":true}}', b"\x00"],
)  # fmt: skip
def test_nonsense_is_answered(server: Server, draft: str, message: str | bytes) -> None:
    with server.watch(draft) as viewer:
        viewer.socket.send(message)
        assert viewer.until_type("error")["message"]


@pytest.fixture(scope="module")
def draft(server: Server) -> str:
    return server.make()


@pytest.mark.parametrize(("query", "code"), [("?since=x", 4400), ("?take=1.5", 4400), ("?since=" + "9" * 50, 4400)])
def test_nonsense_in_the_address(server: Server, draft: str, query: str, code: int) -> None:
    with server.watch(draft, query) as viewer, pytest.raises(ConnectionClosed) as closed:
        viewer.hear()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == code


def test_unknown_run_is_gone(server: Server) -> None:
    with server.watch("nonsense") as viewer, pytest.raises(ConnectionClosed) as closed:
        viewer.hear()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4404


def test_a_deleted_run_says_so(server: Server) -> None:
    run = server.make()
    with server.watch(run) as viewer:
        viewer.until_type("hello")
        server.delete(f"/api/runs/{run}")
        with pytest.raises(ConnectionClosed) as closed:
            viewer.until_type("never")
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4404


def test_too_large_and_too_many(server: Server, draft: str) -> None:
    with server.watch(draft) as viewer:
        viewer.socket.send("x" * (65 << 10))
        with pytest.raises(ConnectionClosed) as closed:
            viewer.until_type("never")
        assert closed.value.sent is not None or closed.value.rcvd is not None
        assert 1009 in {c.code for c in (closed.value.rcvd, closed.value.sent) if c}
    with server.watch(draft) as viewer:
        with contextlib.suppress(ConnectionClosed):
            for _ in range(400):
                viewer.send({"type": "ping"})
        with pytest.raises(ConnectionClosed) as closed:
            viewer.until_type("never")
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008


def test_the_step_shown_is_young(server: Server) -> None:
    run = server.make(steps_per_second=100, autoplay=True)
    server.until(run, lambda found: found["step"] > 5)
    begun, first = time.monotonic(), server.run(run)["step"]
    server.until(run, lambda found: found["step"] >= first + 50)
    assert time.monotonic() - begun == pytest.approx(0.5, abs=0.25)
    server.delete(f"/api/runs/{run}")


def test_a_viewer_that_stops_reading_is_dropped_and_nobody_notices() -> None:
    with Server(ORRERY_SEND_S="1") as server, socket.socket() as stalled:
        run = server.make(config={"size": 200_000}, steps_per_second=300)
        stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stalled.connect(("127.0.0.1", server.port))
        stalled.sendall(handshake(server, run))
        assert b"101" in stalled.recv(64)
        stalled.sendall(client_text(json.dumps({"type": "watch", "views": {"big": 60, "line": 60}})))
        with server.watch(run) as reader:
            reader.send({"type": "watch", "views": {"values": 60}})
            reader.frame()
            server.post(f"/api/runs/{run}/play")
            deadline = time.monotonic() + 60
            while "stopped reading" not in server.log.read_text():
                assert time.monotonic() < deadline
                reader.hear()
            assert reader.steps == list(range(reader.steps[0], reader.steps[-1] + 1))


def handshake(server: Server, run: str) -> bytes:
    """What a browser sends to open a stream."""
    lines = [
        f"GET /api/runs/{run}/stream HTTP/1.1", f"Host: 127.0.0.1:{server.port}", "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13", "", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode()


def client_text(text: str) -> bytes:
    """A masked websocket text frame under 126 bytes."""
    data = text.encode()
    return bytes([0x81, 0x80 | len(data), 0, 0, 0, 0]) + data
