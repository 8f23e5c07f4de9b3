"""The table of figures that the tests of faults measure: printed (`-s`), and appended to $ORRERY_FAULTS if set."""

import os
import sys


def report(what: str, figure: str) -> None:
    """One row."""
    row = f"| {what} | {figure} |\n"
    sys.stdout.write("\n" + row)
    if path := os.environ.get("ORRERY_FAULTS"):
        with open(path, "a") as table:
            table.write(row)
