"""How many runs keep a process, and which gives its up when there are too many: the one that has rested longest.

A run is parked when its process has written a checkpoint of where it stands, the store has what led there, and the
process has ended. It comes back on demand. A run that somebody watches is not parked.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any

from server.problems import too_many
from server.runs.local import Refusal, WorkerGone
from server.runs.run import Run
from server.runs.store import Store
from server.settings import Settings

log = logging.getLogger("orrery.runs")
UNTOUCHED_S, RETRY_S = 5, 60


class Parking:
    """Keeps the number of processes within the limits. `spawn` and `remove` are the manager's."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        runs: dict[str, Run],
        spawn: Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"],
        remove: Callable[[Run], Coroutine[Any, Any, None]],
    ) -> None:
        self.settings, self.store, self.runs, self.spawn, self.remove = settings, store, runs, spawn, remove

    def make_room(self, client: str) -> None:
        """Make room for one more process by ending one that nobody will miss; raises the 429 if there is none."""
        alive = [run for run in self.runs.values() if run.alive]
        mine = [run for run in alive if run.record.client == client]
        for group, most, whose in (
            (mine, self.settings.runs_per_client, "You keep"),
            (alive, self.settings.runs_alive, "This server keeps"),
        ):
            group = [run for run in group if run.alive]
            if len(group) < most:
                continue
            rested = min(filter(may_end, group), key=lambda run: run.status_since, default=None)
            if rested is None:
                raise too_many(
                    f"{whose} {len(group)} runs alive; at most {most} are allowed, and none of them is paused and "
                    "unwatched. Pause or delete one you no longer need.", RETRY_S,
                )  # fmt: skip
            self.end(rested)

    def end(self, run: Run) -> None:
        """Park a run; a draft, which was never stepped, is removed."""
        if run.ending is None:
            run.ending = self.spawn(self.remove(run) if run.record.draft else self._park(run))

    async def _park(self, run: Run) -> None:
        link = run.link
        try:
            if link is not None:
                await link.ask("park")
                await self.store.commit()  # what the process said before is stored, and its checkpoint counts
                run.link, run.ready = None, False
                link.close()
        except (Refusal, WorkerGone, TimeoutError) as error:
            if not run.removed:
                log.warning("run %s could not be parked and stays: %r", run.id, error)
        finally:
            run.ending = None


def may_end(run: Run) -> bool:
    """Whether nobody would notice: it rests, nobody watches or asks, and a draft has not just been made."""
    if run.room.viewers or run.held or run.link is None or run.link.asked or run.ending is not None:
        return False
    untouched = time.monotonic() - run.touched > UNTOUCHED_S
    return run.status in ("finished", "paused") and (untouched or not run.record.draft)


__all__ = ["Parking", "may_end"]
