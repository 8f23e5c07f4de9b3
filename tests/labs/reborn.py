"""Run as a process of its own: restores saved states, draws every view, trains on, and writes what came of it.

    python -m tests.labs.reborn FOLDER STEPS

reads FOLDER/<lab>.state and writes FOLDER/<lab>.json: {"frames": {view: hash}, "rows": {…}}.
"""

import hashlib
import json
import sys
from pathlib import Path

from models.core import catalog
from models.core.session import Session
from tests.core.drive import Rows, content, forward


def aftermath(session: Session, steps: int) -> dict[str, dict[str, str] | Rows]:
    """What every view draws now, and the metrics of the next steps."""
    drawn = {view: repr(content(session.frame(view))).encode() for view in session.kind.methods("view")}
    return {
        "frames": {view: hashlib.sha256(data).hexdigest() for view, data in drawn.items()},
        "rows": forward(session, steps),
    }


def main() -> None:
    folder, steps, labs = Path(sys.argv[1]), int(sys.argv[2]), catalog.load()
    for path in folder.glob("*.state"):
        session = Session.restore(path.read_bytes(), labs.find(path.stem))
        path.with_suffix(".json").write_text(json.dumps(aftermath(session, steps)))


if __name__ == "__main__":
    main()
