"""What the server sees to while runs train: that they can be stored, that they are alive, that they end."""

from typing import TYPE_CHECKING

from server.runs.run import Run

if TYPE_CHECKING:
    from server.runs.manager import Manager

PING_S, SLOW_S, TROUBLE_S = 1.0, 10.0, 1.0
FREE = "Free some space on the server's disk: the run goes on by itself."


class Watchdog:
    """Looks at every live run, four times a second."""

    def __init__(self, manager: "Manager") -> None:
        self.manager = manager
        self.trouble_s = 0.0  # for how long nothing could be stored

    def look(self, since_s: float) -> None:
        """One look; `since_s` after the last."""
        self.trouble_s = self.trouble_s + since_s if self.manager.store.trouble else 0.0
        for run in list(self.manager.runs.values()):
            self._space(run)
            self._life(run)
            if run.id in self.manager.turns.training:
                self._wall(run, since_s)

    def _space(self, run: Run) -> None:
        """A run that cannot be stored waits; when it can be again, it goes on."""
        why = run.full or (self.manager.store.trouble if self.trouble_s >= TROUBLE_S else "")
        if why and run.wants:
            run.hold()
            if run.link is not None and run.ready:
                run.link.tell("pause")
        if run.held or run.full or "no-space" in run.notes:
            held = "The run is paused: what it learns" if run.held else "What this run learns"
            run.note("no-space", f"{held} cannot be stored ({why})." if why else "", FREE if run.held else "")
        if run.held and not why and self.manager.store.healthy:
            run.held = False
            self.manager.want(run)

    def _life(self, run: Run) -> None:
        """A process that has owed a sign of life for long is said to be slow, and in the end ended."""
        link, settings = run.link, self.manager.settings
        if link is None:
            run.note("slow")
            return
        if run.ready and (run.has_place or run.room.viewers):
            link.ping(PING_S)
        silent_s, what = link.silent_s, run.under_way()
        if silent_s < SLOW_S:
            run.note("slow")
        elif run.starting is not None or silent_s < settings.step_s:
            most_s = settings.start_s if run.starting is not None else settings.step_s
            hint = f"After {most_s:g} s it is given up; start again ends it now."
            run.note("slow", f"{what} has taken more than {silent_s // SLOW_S * SLOW_S:.0f} s.", hint)
        else:
            run.note("slow")
            run.failed("time", f"{what} took longer than {settings.step_s:g} s.", "Change the settings, then reset.")
            link.kill()

    def _wall(self, run: Run, since_s: float) -> None:
        """A run that has trained for very long pauses."""
        run.trained_s += since_s
        if run.trained_s > self.manager.settings.run_wall_s:
            run.trained_s = 0.0
            wall_s = self.manager.settings.run_wall_s
            message = f"The run has trained for {wall_s:g} s and was paused. Play goes on."
            self.manager.spawn(self.manager.pause(run, message))
