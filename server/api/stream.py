"""The stream of a run: one websocket a viewer, down only but for what it wants to watch."""

import asyncio
import json
import logging
import math
from typing import Any

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from server.problems import Problem
from server.runs.hub import Behind, Room, Viewer, dumps, metrics_text
from server.runs.limits import Bucket
from server.runs.manager import Manager
from server.runs.run import Run
from server.security import client_of

router = APIRouter()
log = logging.getLogger("orrery.stream")
PROTOCOL = "orrery.v1"
GONE, TOO_SLOW, TOO_MANY, WRONG = 4404, 4408, 4429, 4400
MAX_RATE = 60.0


class Closed(Exception):
    """The stream must end, with this code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


@router.websocket("/api/runs/{run}/stream")
async def stream(socket: WebSocket, run: str) -> None:
    """Hello, what was missed, then everything as it happens."""
    manager: Manager = socket.app.state.manager
    offered = socket.scope.get("subprotocols", [])
    await socket.accept(subprotocol=PROTOCOL if PROTOCOL in offered else None)
    try:
        live = await manager.get(run)
        since, take = _whole(socket, "since"), _whole(socket, "take")
        viewer = _admit(manager, client_of(socket.scope))
        await Stream(socket, manager, live, viewer).serve(since, take)
    except Problem as problem:
        await _close(
            socket, GONE if problem.status == 404 else TOO_MANY if problem.status == 429 else WRONG, problem.detail
        )
    except Closed as closed:
        await _close(socket, closed.code, closed.reason)
    except WebSocketDisconnect:
        pass


async def _close(socket: WebSocket, code: int, reason: str) -> None:
    try:
        async with asyncio.timeout(1):
            await socket.close(code, reason.encode()[:120].decode(errors="ignore"))
    except (TimeoutError, RuntimeError, WebSocketDisconnect):
        pass


def _whole(socket: WebSocket, name: str) -> int | None:
    text = socket.query_params.get(name)
    if text is None or text == "":
        return None
    try:
        value = int(text) if len(text) < 20 else None
    except ValueError:
        value = None
    if value is None:
        raise Closed(WRONG, f"{name} is not a whole number")
    return value


def _admit(manager: Manager, client: str) -> Viewer:
    viewers = [viewer for run in manager.runs.values() for viewer in run.room.viewers]
    mine = sum(viewer.client == client for viewer in viewers)
    if len(viewers) >= manager.settings.viewers or mine >= manager.settings.viewers_per_client:
        raise Closed(TOO_MANY, "Too many open streams; close some.")
    return Viewer(client=client)


class Stream:
    """One viewer's connection."""

    def __init__(self, socket: WebSocket, manager: Manager, run: Run, viewer: Viewer) -> None:
        self.socket, self.manager, self.run, self.viewer = socket, manager, run, viewer
        self.room: Room = run.room
        settings = manager.settings
        self.bucket = Bucket(settings.messages_per_s, 100)

    async def serve(self, since: int | None, take: int | None) -> None:
        """Until either side goes."""
        self.room.enter(self.viewer)
        if self.run.status == "queued":  # a watched run need not wait for unwatched ones
            self.manager.settle()
        listening = asyncio.create_task(self._listen())
        telling = asyncio.create_task(self._tell(since, take))
        try:
            done, _ = await asyncio.wait({listening, telling}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            self.room.leave(self.viewer)
            self.run.touch()
            for task in (listening, telling):
                task.cancel()
            await asyncio.gather(listening, telling, return_exceptions=True)

    # ------------------------------------------------------------ down

    async def _tell(self, since: int | None, take: int | None) -> None:
        await self._greet(since, take)
        loop = asyncio.get_running_loop()
        while True:
            await self.viewer.awake.wait()
            self.viewer.awake.clear()
            try:
                texts = self.room.messages(self.viewer)
            except Behind:
                raise Closed(TOO_SLOW, "too far behind") from None
            for text in texts:
                await self._send(text)
            frames, wait_s = self.room.due_frames(self.viewer, loop.time())
            for data in frames:
                await self._send(data)
            if wait_s is not None:
                loop.call_later(wait_s, self.viewer.awake.set)
            if self.run.removed and not self.manager.draining:
                raise Closed(GONE, "This run was deleted.")

    async def _greet(self, since: int | None, take: int | None) -> None:
        """Hello; if the viewer was here before, what it missed, exactly once."""
        record, room = self.run.record, self.room
        upto, now_take = room.last_step, room.take
        state = self.run.state()
        self.viewer.cursor = room.head
        await self._send(
            dumps(
                {"type": "hello", "run": record.id, "lab": record.lab, "seed": record.seed, **state, "take": now_take}
            )
        )
        if take is not None and take < now_take:
            back_to = min((step for number, step in record.takes.items() if take < int(number) <= now_take), default=-1)
            since = min(-1 if since is None else since, back_to)
            await self._send(dumps({"type": "rewind", "to_step": back_to, "take": now_take}))
        if since is not None and since < upto:
            await self._replay(since, upto, now_take)

    async def _replay(self, since: int, upto: int, take: int) -> None:
        columns = await self.manager.store.rows(self.run.id, since, upto)
        count = len(columns["step"])
        if count > self.manager.settings.history_rows:
            await self._send(
                dumps(
                    {"type": "history", "from": int(columns["step"][0]), "to": int(columns["step"][-1]), "take": take}
                )
            )
        elif count:
            await self._send(metrics_text(columns, take))

    async def _send(self, message: str | bytes) -> None:
        try:
            async with asyncio.timeout(self.manager.settings.send_s):
                if isinstance(message, bytes):
                    await self.socket.send_bytes(message)
                else:
                    await self.socket.send_text(message)
        except TimeoutError:
            log.warning("a viewer of run %s stopped reading and was dropped", self.run.id)
            raise Closed(TOO_SLOW, "stopped reading") from None

    # ------------------------------------------------------------ up

    async def _listen(self) -> None:
        while True:
            message = await self.socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            if self.bucket.take():
                raise Closed(1008, "too many messages")
            self.run.touch()
            await self._heard(message.get("text"))

    async def _heard(self, text: str | None) -> None:
        try:
            message = json.loads(text or "")
        except (ValueError, RecursionError):
            message = None
        kind = message.get("type") if isinstance(message, dict) else None
        if kind == "watch":
            await self._watch(message.get("views"))
        elif kind != "ping":
            await self._complain('Send {"type": "watch", "views": {name: rate}} or {"type": "ping"}.')
        else:
            await self._send('{"type":"pong"}')

    async def _watch(self, views: Any) -> None:
        if not isinstance(views, dict) or len(views) > self.manager.settings.watched_views:
            await self._complain(f"views is an object of at most {self.manager.settings.watched_views} rates.")
            return
        known = {view["id"] for view in self.manager.labs.labs.get(self.run.record.lab, {}).get("views", [])}
        wrong = [name for name, rate in views.items() if name not in known or not _is_rate(rate)]
        if wrong:
            await self._complain(f"{wrong[0][:100]!r} is not a view of this lab with a rate from 0 to {MAX_RATE:g}.")
            return
        self.room.watch(self.viewer, {name: min(float(rate), MAX_RATE) for name, rate in views.items() if rate > 0})
        if self.viewer.views:
            self.manager.wake(self.run)

    async def _complain(self, message: str) -> None:
        await self._send(dumps({"type": "error", "kind": "bad-message", "message": message}))


def _is_rate(rate: Any) -> bool:
    return isinstance(rate, int | float) and not isinstance(rate, bool) and math.isfinite(rate) and rate >= 0
