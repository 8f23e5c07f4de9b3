"""What a session costs: beside a bare loop of the same steps, and watched beside unwatched."""

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from models.core import Lab, LabConfig, Metrics, catalog
from models.core.session import Session
from tests.benchmarks.harness import Figure, median_of, ratio, timed

BARE_STEP_S, STEPS, ROUNDS, SECONDS, FRAMES_HZ = 250e-6, 10_000, 7, 1.0, 30
WARM_S = 0.3
KEPT_S = 4.0


class Work(Lab):
    """A step of matrix products that takes a little over 200 µs, or none at all."""

    title = "Work"
    max_steps, evaluate_every = 10_000_000, 10_000_000
    products = 0

    class Config(LabConfig):
        """Nothing can be set."""

    def __init__(self, config: LabConfig, device: torch.device, generator: torch.Generator) -> None:
        self.a = torch.rand(64, 64, generator=generator) / 64

    def step(self) -> Metrics:
        """Some products, and one metric."""
        for _ in range(self.products):
            torch.mm(self.a, self.a)
        return {"train_loss": 1.0}


def measure() -> Iterator[Figure]:
    """Three ratios and the session's own cost."""
    torch.set_num_threads(1)
    yield from beside_bare_loop()
    yield watched_beside_unwatched()
    yield kept_beside_forgotten()


def beside_bare_loop() -> list[Figure]:
    """A bare `for` loop over step() against a session that nobody watches, both over fresh labs.

    The first 10,000 steps are the dearest for a session: every one of them is recorded.
    """
    Work.products = products_for(BARE_STEP_S)
    slow = ratio(bare_s, session_s)
    Work.products = 0
    own_s = (median_of(ROUNDS, session_s) - median_of(ROUNDS, bare_s)) / STEPS
    return [
        Figure(
            "unwatched session / bare loop", slow, ">=", 0.95, "", f"{BARE_STEP_S * 1e6:.0f} µs a step, all recorded"
        ),
        Figure("session's own cost a step", own_s * 1e6, "<=", 5, "µs", "a step that does nothing, all recorded"),
    ]


def products_for(seconds: float) -> int:
    """How many products take about that long."""
    a = torch.rand(64, 64) / 64
    started = time.perf_counter()
    for _ in range(2_000):
        torch.mm(a, a)
    return max(1, round(seconds / ((time.perf_counter() - started) / 2_000)))


def bare_s() -> float:
    """Seconds of the steps alone."""
    lab = Session(Work, {}).lab

    def loop() -> None:
        for _ in range(STEPS):
            lab.step()

    return timed(loop)


def session_s() -> float:
    """Seconds of the same steps through a session."""
    session = Session(Work, {}, max_steps=STEPS)
    session.limit(None)
    session.play()

    def loop() -> None:
        while session.status == "running":
            session.turn()

    return timed(loop)


def rate(session: Session, seconds: float = SECONDS) -> float:
    """Steps per second of a playing session over some seconds."""
    turn_for(session, WARM_S)
    before, started = session.step, time.perf_counter()
    turn_for(session, seconds)
    return (session.step - before) / (time.perf_counter() - started)


def turn_for(session: Session, seconds: float) -> None:
    """Let it train."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        session.turn()


def watched_beside_unwatched() -> Figure:
    """One mlp session, in turns with all default views at 30 frames a second and with none."""
    labs = catalog.load()
    views = [view["id"] for view in labs.describe("mlp")["views"] if view["shown"]]
    session = Session(labs.labs["mlp"], {}, max_steps=10_000_000)
    session.limit(None)
    session.play()

    def looked_at(rate_hz: float) -> float:
        session.watch(dict.fromkeys(views, rate_hz) if rate_hz else {})
        return rate(session)

    value = ratio(lambda: looked_at(FRAMES_HZ), lambda: looked_at(0))
    return Figure(
        "watched / unwatched steps/s", value, ">=", 0.90, "", f"mlp, {len(views)} views at {FRAMES_HZ}/s, 7 pairs"
    )


def kept_beside_forgotten() -> Figure:
    """Fresh mlp runs on disk, each for its first seconds, where keyframes are closest; with them and without."""
    lab = catalog.load().labs["mlp"]

    def first_seconds(keeping: bool) -> float:
        with TemporaryDirectory() as folder:
            session = Session(lab, {}, max_steps=10_000_000, folder=Path(folder))
            session.limit(None)
            if not keeping:
                session.timeline.next_key = session.max_steps  # no step is a key step
                session.timeline.keep_recent = lambda step, save: None  # type: ignore[method-assign]
            session.play()
            started = time.perf_counter()
            turn_for(session, KEPT_S)
            return session.step / (time.perf_counter() - started)

    value = ratio(lambda: first_seconds(True), lambda: first_seconds(False))
    return Figure(
        "training with its past kept / without", value, ">=", 0.97, "", f"mlp, the first {KEPT_S:g} s, 7 pairs"
    )
