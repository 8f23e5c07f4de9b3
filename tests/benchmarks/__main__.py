"""`python -m tests.benchmarks [NAME …] [--json]`: each benchmark in its own process, then one table.

The exit code is 1 where a target is missed or a benchmark fails.
"""

import argparse
import importlib
import json
import subprocess
import sys
from pathlib import Path

from tests.benchmarks.harness import Figure, table

ALL = sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))


def main() -> int:
    """Run the chosen benchmarks."""
    parser = argparse.ArgumentParser(description="Measure what Orrery promises.")
    parser.add_argument(
        "names", nargs="*", choices=[*ALL, []], metavar="NAME", help=f"of {', '.join(ALL)}; all if none"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line; runs in this process")
    options = parser.parse_args()
    names = options.names or ALL
    if options.json:
        for name in names:
            for figure in importlib.import_module(f"tests.benchmarks.bench_{name}").measure():
                print(json.dumps(figure.as_json(), ensure_ascii=False), flush=True)
        return 0
    figures: list[Figure] = []
    failed: list[str] = []
    for name in names:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        command = [sys.executable, "-m", "tests.benchmarks", "--json", name]
        run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        for line in run.stdout.splitlines():
            fields = json.loads(line)
            fields.pop("reached")
            figures.append(Figure(**fields))
        if run.returncode:
            failed.append(name)
    print(table(figures))
    for name in failed:
        print(f"{name} FAILED: its error is above")
    return 1 if failed or not all(figure.reached for figure in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
