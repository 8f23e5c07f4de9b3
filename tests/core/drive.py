"""Driving a session to a step, and what it brought."""

from collections import defaultdict

from models.core.frames import read_metadata
from models.core.session import Session

Rows = dict[str, list[float]]


def drain(session: Session) -> Rows:
    """The metrics of all owed steps, as equal-length columns of hexadecimal-exact numbers."""
    rows: list[dict[str, float]] = []
    while True:
        columns = session.turn().rows
        rows += [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
        if not session.owed and not session.training.ledger:
            return columned(rows)


def columned(rows: list[dict[str, float]]) -> Rows:
    """Rows as columns; NaN, which equals nothing, becomes None."""
    columns: dict[str, list[float]] = defaultdict(list)
    for name in dict.fromkeys(name for row in rows for name in row):
        columns[name] = [None if row.get(name) is None or row[name] != row[name] else row[name] for row in rows]
    return dict(columns)


def forward(session: Session, steps: int) -> Rows:
    """`steps` more steps."""
    session.advance(steps)
    return drain(session)


def content(frame: bytes) -> tuple[list[tuple[str, str]], bytes]:
    """What a frame says, without the order in which its header happens to name it."""
    length = int.from_bytes(frame[:8], "little")
    return sorted(read_metadata(frame).items()), frame[8 + length :]
