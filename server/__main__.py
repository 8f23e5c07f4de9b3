"""The command `orrery`: serve the playground, list its labs, train one without a browser.

Exit codes: 0 done · 1 something broke (a lab that does not start, a port that is taken) · 2 the command line is wrong
(no such lab, a value out of range) · 3 the training diverged · 130 stopped by Ctrl-C.
"""

import argparse
import difflib
import json
import math
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

DONE, BROKEN, WRONG, DIVERGED, STOPPED = 0, 1, 2, 3, 130
TRAIN_EXAMPLE = "orrery train mlp --set data=xor --set learning_rate=0.1 --steps 1000 --seed 1"


class CommandError(Exception):
    """A sentence for the user, and the exit code that goes with it."""

    def __init__(self, message: str, code: int = WRONG) -> None:
        super().__init__(message)
        self.code = code


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    options = parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except CommandError as error:
        print(f"orrery: {error}", file=sys.stderr)
        return error.code
    except KeyboardInterrupt:
        return STOPPED


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    top = argparse.ArgumentParser(
        prog="orrery", description="A playground that shows deep-learning models training live."
    )
    commands = top.add_subparsers(title="commands", required=True, metavar="serve | labs | train")

    command = commands.add_parser("serve", help="serve the pages and the API", description="Serve until Ctrl-C.")
    command.add_argument("--host", help="address to listen on (ORRERY_HOST; 127.0.0.1)")
    command.add_argument("--port", type=int, help="port to listen on (ORRERY_PORT; 8000)")
    command.add_argument("--home", help="folder for runs and checkpoints (ORRERY_HOME; ~/.orrery)")
    command.set_defaults(run=serve)

    command = commands.add_parser("labs", help="list the labs", description="List the labs, chapter by chapter.")
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(run=list_labs)

    command = commands.add_parser(
        "train",
        help="train a lab without a browser",
        description="Train without a browser.",
        epilog=TRAIN_EXAMPLE,
    )
    command.add_argument("lab", help="the lab's id; `orrery labs` lists them")
    command.add_argument(
        "--set", action="append", default=[], metavar="FIELD=VALUE", type=setting, dest="settings",
        help="a setting of the lab, as JSON or as plain text; may be repeated",
    )  # fmt: skip
    command.add_argument("--steps", type=count, help="how many steps (the lab's own length)")
    command.add_argument("--seed", type=int, default=0, help="the seed of all chance (0)")
    command.add_argument("--json", action="store_true", help="print the result as one JSON object")
    command.set_defaults(run=train)
    return top


def setting(text: str) -> tuple[str, Any]:
    """`learning_rate=0.1` → ("learning_rate", 0.1); what is not JSON is a string."""
    field, equals, value = text.partition("=")
    if not equals or not field:
        raise argparse.ArgumentTypeError(f"{text!r} is not FIELD=VALUE (for example learning_rate=0.1)")
    try:
        return field, json.loads(value)
    except ValueError:
        return field, value


def count(text: str) -> int:
    """A number of steps, at least 1."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of steps (1 or more)")
    return int(text)


# ---------------------------------------------------------------- serve


def serve(options: argparse.Namespace) -> int:
    """Serve until Ctrl-C or SIGTERM."""
    from pydantic import ValidationError

    from server.serve import run
    from server.settings import Settings

    given = {name: value for name in ("host", "port", "home") if (value := getattr(options, name)) is not None}
    try:
        settings = Settings(**given)
    except ValidationError as error:
        raise CommandError("\n        ".join(setting_problem(item) for item in error.errors())) from error
    return run(settings)


def setting_problem(item: Mapping[str, Any]) -> str:
    """One of pydantic's errors as a sentence: the option or variable, what is wrong, the value."""
    if not item["loc"]:
        return str(item["msg"]).removeprefix("Value error, ")
    field = str(item["loc"][0])
    return f"{field} (ORRERY_{field.upper()}): {item['msg']}, not {item['input']!r}."


# ---------------------------------------------------------------- labs


def list_labs(options: argparse.Namespace) -> int:
    """Every chapter with its labs; what fails to start is said on stderr."""
    from models.core import catalog

    chapters = catalog.load().chapters()
    if options.json:
        print(json.dumps(chapters, ensure_ascii=False, indent=2))
        return DONE
    width = max((len(lab["id"]) for chapter in chapters for lab in chapter["labs"]), default=0)
    for chapter in chapters:
        planned = f"  ({len(chapter['planned'])} to come)" if chapter["planned"] else ""
        print(f"{chapter['number']}. {chapter['title']}{planned}")
        for lab in chapter["labs"]:
            print(f"   {lab['id']:<{width}}  {lab['summary']}")
        for lab in chapter["broken"]:
            print(f"orrery: {lab['id']} does not start: {lab['message']}", file=sys.stderr)
    return DONE


# ---------------------------------------------------------------- train


def train(options: argparse.Namespace) -> int:
    """Train to the end, with a progress bar on a terminal; then the metrics."""
    from models.core.errors import OrreryError

    try:
        session, labels = open_session(options)
    except OrreryError as error:
        raise CommandError(explain(error)) from error
    bar = Bar(options.lab, session.max_steps, sys.stderr)
    metrics: dict[str, float] = {}
    started = time.monotonic()
    interrupted = False
    session.play()
    try:
        while session.status == "running":
            for name, column in session.turn().rows.items():
                metrics.update((name, value) for value in column if not math.isnan(value))
            bar.show(session.step)
    except KeyboardInterrupt:
        interrupted = True
    bar.close()
    result = report(session, options.lab, metrics, time.monotonic() - started)
    if options.json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        print_result(result, labels)
    return STOPPED if interrupted else DIVERGED if session.problem else DONE


def open_session(options: argparse.Namespace) -> tuple[Any, dict[str, tuple[str, str]]]:
    """The session, and {metric: (label, unit)}."""
    from models.core import catalog
    from models.core.session import Session

    labs = catalog.load()
    if options.lab in labs.broken:
        raise CommandError(f"{options.lab} does not start: {labs.broken[options.lab]}", BROKEN)
    if options.lab not in labs.labs:
        near = difflib.get_close_matches(options.lab, labs.labs, n=1)
        raise CommandError(
            f"there is no lab {options.lab!r}." + (f" Is it {near[0]}?" if near else "") + " `orrery labs` lists them."
        )
    session = Session(labs.labs[options.lab], dict(options.settings), seed=options.seed, max_steps=options.steps)
    session.limit(None)
    return session, {m["id"]: (m["label"], m["unit"]) for m in labs.describe(options.lab)["metrics"]}


def explain(error: Any) -> str:
    """What the user set, and what it may be: one line a field."""
    fields = [f"{e['field']}: {e['message']}" for e in getattr(error, "errors", [])]
    return "\n        ".join(fields) or " ".join(filter(None, [str(error), getattr(error, "hint", "")]))


def report(session: Any, lab: str, metrics: dict[str, float], seconds: float) -> dict[str, Any]:
    """The run in one JSON object."""
    metrics = {name: value for name, value in metrics.items() if name not in ("step", "epoch")}
    return {
        "lab": lab, "config": session.config.model_dump(mode="json"), "seed": session.seed, "step": session.step,
        "epoch": session.epoch, "status": session.status, "message": session.message, "problem": session.problem,
        "seconds": round(seconds, 3), "metrics": {k: v if math.isfinite(v) else None for k, v in metrics.items()},
    }  # fmt: skip


def print_result(result: dict[str, Any], labels: dict[str, tuple[str, str]]) -> None:
    """The metrics as a table, with what happened above it."""
    rate = f", {result['step'] / result['seconds']:,.0f} steps/s" if result["seconds"] else ""
    print(f"{result['lab']}: {result['step']:,} steps in {result['seconds']:.1f} s{rate}")
    problem = result["problem"] or {}
    for sentence in filter(None, dict.fromkeys([result["message"], problem.get("message"), problem.get("hint")])):
        print(sentence)
    width = max((len(labels.get(name, (name, ""))[0]) for name in result["metrics"]), default=0)
    for name, value in result["metrics"].items():
        label, unit = labels.get(name, (name, ""))
        print(f"  {label:<{width}}  {'not finite' if value is None else f'{value:.6g}'} {unit}".rstrip())


class Bar:
    """A progress bar with the time left; silent where nobody watches."""

    WIDTH, EVERY_S = 30, 0.1

    def __init__(self, name: str, total: int, out: TextIO) -> None:
        self.name, self.total, self.out = name, total, out
        self.started = self.shown = time.monotonic()

    def show(self, step: int) -> None:
        """Draw the bar at `step`, at most ten times a second."""
        now = time.monotonic()
        if not self.out.isatty() or now - self.shown < self.EVERY_S or not step:
            return
        self.shown = now
        rate = step / (now - self.started)
        left = time.strftime("%H:%M:%S", time.gmtime((self.total - step) / rate)).removeprefix("00:")
        done = self.WIDTH * step // self.total
        bar = "█" * done + "░" * (self.WIDTH - done)
        self.out.write(f"\r{self.name} {bar} {step:,}/{self.total:,} · {rate:,.0f} steps/s · {left} left \x1b[K")
        self.out.flush()

    def close(self) -> None:
        """Clear the line."""
        if self.out.isatty():
            self.out.write("\r\x1b[K")
            self.out.flush()


if __name__ == "__main__":
    sys.exit(main())
