"""The life of runs: made, started, given their turns, commanded, forgotten."""

import asyncio
import contextlib
import logging
import secrets
import shutil
import time
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

from server.problems import Problem, invalid, not_found, of_worker, too_many, unstored, wrong_state
from server.runs import checkpoints
from server.runs.labs import Labs, limit
from server.runs.limits import Rates
from server.runs.local import Link, Processes, Refusal, WorkerGone
from server.runs.parking import Parking, may_end
from server.runs.run import Record, Run
from server.runs.store import Store
from server.runs.turns import Turns
from server.runs.watchdog import Watchdog
from server.settings import Settings

log = logging.getLogger("orrery.runs")
TICK_S = 0.25
READ_S, IMPATIENT_S = 10.0, 3.0
"""Whoever only looks, or says pause, is not kept waiting longer."""
GONE_HINT = "Reset the run: it begins again with the same settings."


class Manager:
    """All live runs of this server."""

    def __init__(self, settings: Settings, store: Store, processes: Processes, labs: Labs) -> None:
        self.settings, self.store, self.processes, self.labs = settings, store, processes, labs
        self.runs: dict[str, Run] = {}
        self.turns = Turns(settings.running, settings.turn_s, self._is_watched, self._client)
        self.rates = Rates(settings)
        self.parking = Parking(settings, store, self.runs, self.spawn, self.remove)
        self.tasks: set[asyncio.Task[Any]] = set()
        self.watchdog = Watchdog(self)
        self.draining = False
        self.restarts = 0

    # ------------------------------------------------------------ begin and end

    async def start(self) -> None:
        """Read what an earlier server left, warm the forkserver, and begin to tick."""
        self.store.start()
        if not self.store.claim():
            log.warning("another server uses %s: its runs are left as they are", self.settings.home)
        elif count := await self.store.recover():
            log.warning("%d runs were alive when the last server ended: they are interrupted", count)
        self.processes.on_lost = self._begin_restart
        await self.processes.start()
        self.spawn(self._load())
        self.spawn(self._tick())

    def _begin_restart(self) -> None:
        if not self.draining:
            self.spawn(self._restart())

    async def _restart(self) -> None:
        """Another forkserver for the one that died, the later the oftener it did."""
        self.restarts += 1
        await asyncio.sleep(min(30, 2**self.restarts / 4))
        await self.processes.start()
        self.labs.hang_up()
        await self._load()

    async def _load(self) -> None:
        try:
            await self.labs.load()
        except (WorkerGone, Refusal, Problem) as error:
            log.error("the labs could not be loaded: %s", error)
            return
        for row in reversed(await self.store.list_runs(None, "queued", self.settings.queue, None)):
            self.want(await self.get(str(row["id"])))

    def spawn(self, work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        """A task that is not forgotten, and whose fault is heard of."""
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self._spawned)
        return task

    def _spawned(self, task: "asyncio.Task[Any]") -> None:
        self.tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a task of the server failed", exc_info=error)

    async def stop(self) -> None:
        """Everything is stored, then every process below ends."""
        self.draining = True
        for task in list(self.tasks):
            task.cancel()
        training = [run for run in self.runs.values() if run.status == "running"]
        held = [run.link.ask("pause", timeout_s=3) for run in self.runs.values() if run.link and run.ready]
        await asyncio.gather(*held, return_exceptions=True)
        for run in self.runs.values():
            if run in training:
                run.record.status = "interrupted"
                run.record.message = "The server was stopped while this run was training. Play goes on from there."
            if not run.record.draft:
                self.store.write(run.save())
            run.removed = True
        await self.processes.stop()
        await self.store.stop()

    @property
    def ready(self) -> bool:
        """Whether a run can be made now."""
        return self.labs.loaded and self.processes.up and not self.draining and self.store.healthy

    # ------------------------------------------------------------ find and make

    async def get(self, id_: str) -> Run:
        """The run of an id; raises 404."""
        run = self.runs.get(id_)
        if run is None:
            row = await self.store.run(id_)
            if row is None:
                raise not_found("run", id_[:100])
            run = self.runs.setdefault(id_, self._live(Record.read(row), fresh=False))
        run.touch()
        return run

    async def create(self, client: str, lab: str, config: dict[str, Any], *, seed: int, name: str, autoplay: bool,
                     max_steps: int | None, speed: float | None, given_speed: bool) -> Run:  # fmt: skip
        """A new run, refused before anything is built if it cannot be."""
        self.admit(client, autoplay)
        about = self.labs.describe(lab)
        self.bound_steps(max_steps)
        full = await self.labs.checked(lab, config)
        self.parking.make_room(client)
        if autoplay:
            self.refuse_long_queue()
        length = max_steps or min(int(about["max_steps"]), self.settings.max_steps)
        record = Record(
            secrets.token_urlsafe(9), lab, full, seed, length, client, name=name, draft=not autoplay,
            speed=speed if given_speed else about["steps_per_second"], status="queued" if autoplay else "starting",
        )  # fmt: skip
        run = self.runs[record.id] = self._live(record)
        values = {**vars(record)}
        stored = self.store.commit(self.store.insert(values))
        if autoplay:
            self.want(run)
        else:
            self._begin_start(run)
        await stored
        return run

    async def adopt(self, client: str, parent: Record, stands: dict[str, Any], state: bytes, seed: int | None) -> Run:
        """A new run that begins, paused, from a training state; `stands` is {step, config}."""
        self.admit(client)
        record = Record(
            secrets.token_urlsafe(9), parent.lab, stands["config"], parent.seed if seed is None else seed,
            parent.max_steps, client, name=f"{parent.name or parent.lab} from step {stands['step']:,}"[:200],
            step=int(stands["step"]), speed=parent.speed, status="paused",
        )  # fmt: skip
        folder = self.folder(record.id) / "checkpoints"
        await asyncio.to_thread(checkpoints.write, folder, record.step, state)
        return await self.stand(record)

    async def stand(self, record: Record, edits: Sequence[dict[str, Any]] = ()) -> Run:
        """Store a run whose first state lies in its folder, with the edits that led there, and start its process."""
        run = self.runs[record.id] = self._live(record)
        for edit in edits:
            self.store.write(self.store.add_edit(record.id, record.take, edit))
        await self.store.commit(self.store.insert({**vars(record)}))
        await self.ensure(run)
        return run

    def limits_of_a_run(self) -> dict[str, int]:
        """What the process of a run may take."""
        settings = self.settings
        return {
            "memory_bytes": settings.run_memory_bytes,
            "file_bytes": settings.file_size_mb << 20,
            "nice": settings.nice,
            "threads": settings.threads,
        }

    def _live(self, record: Record, fresh: bool = True) -> Run:
        return Run(record, self.store, self.folder(record.id), self._idle, self.turns.place, fresh)

    def bound_steps(self, max_steps: int | None) -> None:
        """Refuse more steps than the server allows."""
        if max_steps is not None and max_steps > self.settings.max_steps:
            raise invalid(
                [limit("max_steps", max_steps, self.settings.max_steps, "{:,} steps; a run has at most {:,}.")]
            )

    def refuse_full(self) -> None:
        """Raise the 507 while nothing can be stored."""
        if self.store.trouble:
            raise unstored(self.store.trouble)

    def admit(self, client: str, autoplay: bool = False) -> None:
        """Raise the problem for which this client gets no new run now."""
        if self.draining or not self.labs.loaded:
            raise Problem(503, "The server is not ready yet.", kind="not-ready", headers={"Retry-After": "1"})
        self.refuse_full()
        self.rates.take("creates", client)
        self.parking.make_room(client)
        if autoplay:
            self.refuse_long_queue()

    def refuse_long_queue(self) -> None:
        """Raise the 429 when as many runs wait as may."""
        if len(self.turns.waiting) >= self.settings.queue:
            raise too_many(f"{len(self.turns.waiting)} runs are waiting already.", 10)

    async def remove(self, run: Run) -> None:
        """Delete a run with all that is known of it."""
        run.removed = True
        self.runs.pop(run.id, None)
        self._leave(run)
        self._end_process(run)
        run.room.event({"type": "error", "kind": "deleted", "message": "This run was deleted."})
        await self.store.commit(self.store.delete(run.id))
        await asyncio.to_thread(shutil.rmtree, self.folder(run.id), ignore_errors=True)

    # ------------------------------------------------------------ processes

    def folder(self, id_: str) -> Path:
        """Where the files of a run lie."""
        return self.settings.home / "runs" / id_

    async def ensure(self, run: Run) -> Link:
        """The run's process, started if there is none."""
        for under_way in (run.ending, run.starting):
            if under_way is not None:
                await asyncio.shield(under_way)
        if run.ready and run.link is not None and run.link.alive:
            return run.link
        self.refuse_dead(run)
        if not run.alive:
            self.parking.make_room(run.record.client)
        self._begin_start(run)
        return await self.ensure(run)

    async def free(self, run: Run) -> None:
        """End a process that is in something long: who begins again will not wait for it."""
        link, starting = run.link, run.starting
        try:
            if starting is not None:
                await asyncio.wait_for(asyncio.shield(starting), IMPATIENT_S)
            elif link is not None and run.ready:
                await link.ask("ping", timeout_s=IMPATIENT_S)
        except (TimeoutError, WorkerGone):
            self._leave(run)
            if link is not None:
                link.kill()
            if starting is not None:
                await asyncio.wait({starting})
            run.link, run.ready = None, False

    def wake(self, run: Run) -> None:
        """Start the process of a paused or finished run that has none: somebody wants to see its views as they are."""
        if run.status in ("paused", "finished") and not run.alive:
            with contextlib.suppress(Problem):  # a full server: the viewer sees the run as it is
                self.parking.make_room(run.record.client)
                self._begin_start(run)

    def refuse_dead(self, run: Run) -> None:
        """Raise the 409 for a run that has no process and cannot simply get one."""
        record = run.record
        if record.status == "failed" and (record.error or {}).get("kind") != "worker-lost":
            raise wrong_state(f"The run has failed: {(record.error or {}).get('message', '')}", GONE_HINT)

    def _begin_start(self, run: Run) -> None:
        if run.starting is None:
            if run.record.status in ("failed", "interrupted"):  # it stands where its newest checkpoint does
                run.record.status, run.record.error, run.record.message = "paused", None, ""
            run.starting = self.spawn(self._start(run))

    async def _start(self, run: Run) -> None:
        """Make the process and let it build the lab."""
        record, settings, limits = run.record, self.settings, self.limits_of_a_run()
        if run.ending is not None:  # the state it begins from is being written
            await asyncio.wait({run.ending})
            if run.ready:  # it could not be, and the process stays
                run.starting = None
                return
        try:
            link = run.link = await self.processes.make("run", run.heard)
            link.on_lost = lambda: self._lost(run, link)
            if run.removed:
                link.close()
                return
            watched = dict(run.room.watched)
            await link.ask(
                "start", timeout_s=settings.start_s, lab=record.lab, config=record.config, seed=record.seed,
                run=record.id, take=record.take,
                max_steps=record.max_steps, speed=record.speed, limits=limits, views=watched,
                folder=str(run.folder), step=await self.store.last_step(record.id, record.step),
                takes=record.takes, view_s=settings.view_s, checkpoint_s=settings.checkpoint_s,
            )  # fmt: skip
            run.ready = True
            if run.room.watched != watched:
                link.tell("watch", views=run.room.watched)
        except Refusal as refusal:
            run.failed(refusal.problem["kind"], refusal.problem["message"], refusal.problem.get("hint", ""))
        except TimeoutError:
            run.failed(
                "time", f"The lab was not built within {settings.start_s:g} s.", "Take a smaller model, then reset."
            )
            if run.link is not None:
                run.link.kill()
        except WorkerGone:
            run.failed("worker-lost", "The run's process ended while it was being started.", GONE_HINT)
        finally:
            run.starting = None
            run.note("slow")
        run.changed()

    def _lost(self, run: Run, link: Link) -> None:
        """The other end of the socket is gone."""
        if run.link is not link:
            return
        run.link, run.ready, run.full, run.noticed = None, False, "", []
        if (
            not run.removed
            and run.status not in ("failed", "interrupted")
            and not self.draining
            and run.starting is None
        ):
            self.spawn(self._explain_loss(run, link))

    async def _explain_loss(self, run: Run, link: Link) -> None:
        code = None
        with contextlib.suppress(TimeoutError):
            code = await asyncio.wait_for(asyncio.shield(link.exit_code), 0.5)
        how = (
            f"was killed by signal {-code}"
            if code is not None and code < 0
            else f"ended with code {code}"
            if code is not None
            else "ended"
        )
        run.failed("worker-lost", f"The run's process {how} at step {run.record.step:,}.", GONE_HINT)

    def _end_process(self, run: Run) -> None:
        link, run.link, run.ready = run.link, None, False
        if link is not None:
            link.close()

    # ------------------------------------------------------------ turns

    def want(self, run: Run) -> None:
        """The run would like to train."""
        run.wants = True
        self.turns.want(run.id)
        self.settle()

    def _leave(self, run: Run) -> None:
        run.wants = run.has_place = False
        self.turns.leave(run.id)
        self.settle()

    def _idle(self, run: Run) -> None:
        """A run has stopped by itself."""
        self._leave(run)

    def _is_watched(self, id_: str) -> bool:
        return id_ in self.runs and bool(self.runs[id_].room.viewers)

    def _client(self, id_: str) -> str:
        return self.runs[id_].record.client if id_ in self.runs else ""

    def settle(self) -> None:
        """Give the places to those whose turn it is, and tell those whose place in the queue is another."""
        before = self.turns.order
        stop, begin = self.turns.settle(time.monotonic())
        for id_ in stop:
            run = self.runs[id_]
            run.has_place = False
            if run.link is not None:
                run.link.tell("pause")
        for id_ in begin:
            self.runs[id_].has_place = True
            self.spawn(self._let_train(self.runs[id_]))
        after = self.turns.order
        for id_ in before.keys() | after.keys():
            if id_ in self.runs and before.get(id_) != after.get(id_):
                self.runs[id_].changed()

    async def _let_train(self, run: Run) -> None:
        try:
            link = await self.ensure(run)
            if run.has_place:
                await link.ask("play")
        except (Refusal, Problem, WorkerGone, TimeoutError):
            self._leave(run)
            run.changed()

    # ------------------------------------------------------------ the clock

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self.watchdog.look(TICK_S)
            if self.turns.waiting:
                self.settle()
            self._forget(time.monotonic())

    def _forget(self, now: float) -> None:
        """Remove drafts nobody looks at.

        End the processes of finished and paused runs, which come back from their checkpoints on demand; drop records
        that only a request had loaded.
        """
        for run in list(self.runs.values()):
            if run.room.viewers or run.wants or run.starting is not None:
                continue
            alone_s = now - run.touched
            if run.record.draft and alone_s > self.settings.draft_s:
                self.spawn(self.remove(run))
            elif may_end(run) and alone_s > self.settings.idle_s:
                self.parking.end(run)
            elif run.link is None and alone_s > 60:
                self.runs.pop(run.id, None)

    async def pause(self, run: Run, message: str = "") -> None:
        """Stop after the step under way."""
        run.held = False
        self._leave(run)
        try:
            if run.link is not None:
                await self.ask(run, "pause", timeout_s=READ_S)
            if message:
                run.record.message = message
        finally:
            run.changed()

    async def ask(self, run: Run, do: str, **fields: Any) -> tuple[dict[str, Any], bytes]:
        """Put a request to the run's process; what it refuses is raised as a problem, and so is a long silence."""
        patience_s = fields.get("timeout_s", 60)
        if run.link is not None and run.link.silent_s > READ_S:
            raise busy(run)
        try:
            link = await asyncio.wait_for(self.ensure(run), patience_s)
        except TimeoutError:
            raise busy(run) from None
        if len(link.asked) >= self.settings.pending:
            raise too_many(f"{len(link.asked)} requests to this run are under way.", 1)
        try:
            return await link.ask(do, **fields)
        except Refusal as refusal:
            raise of_worker(refusal.problem) from None
        except WorkerGone:
            raise wrong_state("The run's process has ended.", GONE_HINT) from None
        except TimeoutError:
            raise busy(run) from None


def busy(run: Run) -> Problem:
    """503: the run's process is in something long."""
    silent_s = run.link.silent_s if run.link else 0.0
    detail = f"{run.under_way()} has taken {silent_s:.0f} s; the run answers after it."
    return Problem(503, detail, kind="busy", headers={"Retry-After": "5"}, hint="Start again ends it.")
