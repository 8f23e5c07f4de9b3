"""What a user can ask of a run: play, pause, step, reset, change, ask. Each is one REST call."""

import asyncio
import shutil
from typing import Any, BinaryIO

from server.problems import Problem, wrong_state
from server.runs import checkpoints, kept
from server.runs.manager import READ_S, Manager
from server.runs.rows import Columns
from server.runs.run import Run


class Commands:
    """Commands on one run."""

    def __init__(self, manager: Manager, run: Run) -> None:
        self.manager, self.run = manager, run

    async def play(self) -> None:
        """Train, now or when there is a place; repeated it does nothing."""
        run, record = self.run, self.run.record
        if run.wants:
            return
        if record.problem:
            raise wrong_state(record.problem["message"], record.problem.get("hint", ""))
        if run.status == "finished":
            raise wrong_state(f"The run is finished: {record.message}", "Reset it, or raise max_steps.")
        self.manager.refuse_dead(run)
        self.manager.refuse_full()
        if not run.alive:
            self.manager.parking.make_room(record.client)
        self.manager.refuse_long_queue()
        record.draft = False
        record.message = ""
        self.manager.want(run)
        run.changed()

    async def pause(self) -> None:
        """Stop after the step under way; repeated it does nothing."""
        await self.manager.pause(self.run)

    async def step(self, count: int) -> Columns:
        """Make some steps; their metrics, once they can be read."""
        run = self.run
        if run.wants:
            raise wrong_state(
                "The run is playing." if run.has_place else "The run waits for its turn to play.", "Pause it first."
            )
        self.manager.refuse_full()
        await self.manager.ensure(run)
        before = run.record.step
        await self.manager.ask(run, "step", timeout_s=600, count=count)
        run.record.draft = False
        run.changed()
        await self.manager.store.commit()
        return await self.manager.store.rows(run.id, before)

    async def rewind(self, step: int) -> None:
        """Back to a step; what came after falls, and the run is paused."""
        await self._go_back("rewind", step=step)

    async def undo(self) -> None:
        """Take back the newest edit with its gesture; the steps since then are made again without it."""
        await self._go_back("undo")

    async def _go_back(self, do: str, **fields: Any) -> None:
        await self.manager.pause(self.run)
        await self.manager.ask(self.run, do, **fields)
        self.run.changed()
        await self.manager.store.commit()

    async def branch(self, client: str, step: int | None, config: dict[str, Any], seed: int | None) -> Run:
        """A new run that begins where this one was at a step, paused."""
        await self.manager.labs.checked(self.run.record.lab, {**self.run.record.config, **config})
        result, state = await self.manager.ask(self.run, "branch", step=step, config=config, seed=seed)
        return await self.manager.adopt(client, self.run.record, result, state, seed)

    async def reset(self, config: dict[str, Any], seed: int | None) -> None:
        """Build the lab anew in the same run; a run whose process has ended gets a new one."""
        run, record, manager = self.run, self.run.record, self.manager
        full = await manager.labs.checked(record.lab, {**record.config, **config})
        await manager.free(run)
        if run.link is not None and run.ready:
            await manager.ask(run, "reset", config=full, seed=seed)
            record.config, record.seed = full, record.seed if seed is None else seed
            run.changed()
            return
        record.config, record.seed = full, record.seed if seed is None else seed
        record.step, record.epoch, record.message, record.problem, record.error = 0, 0.0, "", None, None
        run.session_status = record.status = "paused"
        run.rewind(-1, record.take + 1)
        await asyncio.to_thread(shutil.rmtree, manager.folder(run.id), ignore_errors=True)
        await manager.ensure(run)
        run.changed()

    async def change(self, given: dict[str, Any], gesture: str | None) -> None:
        """Live fields, the name, notes, speed, number of steps: what is in `given`."""
        run, record = self.run, self.run.record
        self.manager.bound_steps(given.get("max_steps"))
        if given.get("config"):
            self.manager.labs.bound(given["config"])
            await self.manager.ask(run, "tune", fields=given["config"], gesture=gesture)
        if "steps_per_second" in given:
            record.speed = given["steps_per_second"]
            if run.link is not None:
                await self.manager.ask(run, "set", speed=record.speed)
        if given.get("max_steps") is not None:
            if run.link is not None or record.status == "finished":
                await self.manager.ask(run, "set", max_steps=given["max_steps"])
            record.max_steps = given["max_steps"]
        for name in ("name", "notes"):
            if given.get(name) is not None:
                setattr(record, name, given[name])
        self.manager.store.write(run.save())
        run.changed()
        await self.manager.store.commit()

    async def checkpoint(self) -> tuple[BinaryIO, int]:
        """The newest training state, open to be read, and its bytes: that of now if the run has a process.

        Raises a 409 for a run that has failed before there was one.
        """
        run, folder = self.run, self.run.folder / "checkpoints"
        has_process = run.ready and run.link is not None
        if not has_process and (found := await asyncio.to_thread(checkpoints.opened, folder)):
            return found
        await self.manager.ask(run, "checkpoint")
        await self.manager.store.commit()  # it counts once the metrics up to it are stored
        if found := await asyncio.to_thread(checkpoints.opened, folder):
            return found
        raise wrong_state("The checkpoint of this run was lost while it was being written.", "Ask again.")

    async def act(self, name: str, payload: Any, gesture: str | None) -> int:
        """An action; the step after which it was."""
        result, _ = await self.manager.ask(self.run, "act", name=name, payload=payload, gesture=gesture)
        return int(result["step"])

    async def probe(self, name: str, payload: Any) -> bytes:
        """A probe's answer, as JSON."""
        _, body = await self.manager.ask(self.run, "ask", timeout_s=READ_S, name=name, payload=payload)
        return body

    async def view(self, name: str, form: str) -> tuple[int, bytes]:
        """(step, a view as it is now) as a "frame", "json" or "plotly"; while the run is in a long step, as it was."""
        try:
            result, body = await self.manager.ask(self.run, "view", timeout_s=READ_S, name=name, form=form)
        except Problem as problem:
            found = await self._known(name) if problem.kind == "busy" else None
            if found is None:
                raise
            step, body = found
            return step, body if form == "frame" else await self.manager.labs.converted(body, form)
        return int(result["step"]), body

    async def _known(self, view: str) -> tuple[int, bytes] | None:
        """(step, frame): the newest frame of a view that was sent, or else kept."""
        if newest := self.run.room.frames.get(view):
            return newest.step, newest.data
        return await asyncio.to_thread(kept.frame, self.run.folder / "kept", view, self.run.record.step)
