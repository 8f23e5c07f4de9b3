"""Where a run's process begins when there was one before: at the newest training state on disk that is good."""

import logging
import sys
from pathlib import Path

from models.core.errors import BadState
from models.core.keyframes import History
from models.core.lab import Lab
from models.core.session import Session
from server.runs import checkpoints

log = logging.getLogger("orrery.worker")


class Saved:
    """The training states of a run on disk, the newest that is good first."""

    def __init__(self, folder: Path, kind: type[Lab], takes: dict[int, int]) -> None:
        self.folder, self.kind, self.takes = folder, kind, takes
        self.damaged: list[int] = []  # the steps of states that could not be used

    def restored(self, run: str) -> Session | None:
        """A session that stands where the newest good checkpoint does, or without one the newest good kept state."""
        there = checkpoints.newest_first(self.folder / "checkpoints")
        for path in there:
            data = checkpoints.intact(path)
            if data is None or not (session := self._session(data, run)):
                self.damaged.append(checkpoints.step_of(path))
            elif self._stands(session):
                return session
        if not there:
            return None
        kept = History(self.folder / "kept").states
        while found := kept.at_or_below(sys.maxsize):
            session = self._session(found[1], run)
            if session and self._stands(session):
                return session
            kept.cut(found[0] - 1)
        return None

    def _session(self, data: bytes, run: str) -> Session | None:
        try:
            return Session.restore(data, self.kind, run=run, folder=self.folder / "kept")
        except BadState as error:
            log.warning("%s", error)
            return None

    def _stands(self, session: Session) -> bool:
        """Whether the run has not gone back behind this state since."""
        before = [to_step for take, to_step in self.takes.items() if take > session.take]
        last = max([session.step, *(edit.step + 1 for edit in session.edits)])  # a step's edits come after it
        return all(last <= to_step for to_step in before)

    def notice(self, step: int) -> dict[str, str]:
        """What to say of states that could not be used, once the run stands at a step."""
        which = " and ".join(f"{one:,}" for one in sorted(set(self.damaged)))
        message = f"What was saved at step {which} is damaged and was not used: the run stands at step {step:,}."
        return {"kind": "damaged-state", "message": message, "hint": "Play goes on from there."}
