"""Epochs a second of the multilayer perceptron, beside a plain eager PyTorch loop of the same networks.

Seconds of the processor, one thread: what else the machine does meanwhile does not count.
"""

import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from models.core import catalog
from models.core.session import Session
from models.labs.neural.mlp import Mlp, hidden
from tests.benchmarks.harness import Figure, ratio

BATCH, RATE, SECONDS, ROUNDS, FRAMES_HZ = 10, 0.03, 0.25, 21, 30
NETWORKS = {"4-2": ([4, 2], 4.0), "8-8-8": ([8, 8, 8], 3.0), "8×6": ([8] * 6, 3.0)}
"""Hidden tanh units of each layer, and the times of an eager loop to be reached."""


def measure() -> list[Figure]:
    """Epochs a second through a Session over those of the eager loop, unwatched and watched at 30 frames a second."""
    torch.set_num_threads(1)
    labs = catalog.load()
    views = [view["id"] for view in labs.describe("mlp")["views"] if view["shown"]]
    figures = []
    for name, (widths, target) in NETWORKS.items():
        session = playing(widths)
        x, y = session.lab.sample.train
        eager = eager_loop(widths, x.clone(), y.t().clone())
        assert len(x) == 250

        def watched(session: Session = session) -> float:
            session.watch(dict.fromkeys(views, FRAMES_HZ))
            return epochs_a_second(session)

        def unwatched(session: Session = session) -> float:
            session.watch({})
            return epochs_a_second(session)

        baseline = rate_of(eager)
        for how, run in (("unwatched", unwatched), ("watched", watched)):
            times = ratio(run, lambda eager=eager: rate_of(eager), ROUNDS)
            note = f"{how}; here about {times * baseline:,.0f} epochs/s against {baseline:,.0f}, {ROUNDS} pairs"
            figures.append(Figure(f"mlp {name} / eager PyTorch, {how}", times, ">=", target, "×", note))
    return figures


def playing(widths: list[int]) -> Session:
    """The default lab with these layers, at full speed and with no end."""
    layers = hidden(", ".join(f"{units} tanh" for units in widths))
    session = Session(Mlp, {"layers": layers, "learning_rate": RATE, "batch_size": BATCH}, max_steps=10_000_000)
    session.limit(None)
    session.play()
    return session


def epochs_a_second(session: Session) -> float:
    """Over SECONDS of a playing session."""
    first, started = session.step, time.process_time()
    while time.process_time() - started < SECONDS:
        session.turn()
    return (session.step - first) / session.lab.steps_per_epoch / (time.process_time() - started)


def eager_loop(widths: list[int], x: Tensor, y: Tensor) -> Callable[[], None]:
    """One epoch of nn.Sequential, autograd and torch.optim.SGD, as a tutorial writes it."""
    sizes, parts = [x.shape[1], *widths], []
    for into, out in zip(sizes, widths, strict=False):
        parts += [nn.Linear(into, out), nn.Tanh()]
    net = nn.Sequential(*parts, nn.Linear(widths[-1], 1))
    optimizer = torch.optim.SGD(net.parameters(), lr=RATE)
    objective = nn.BCEWithLogitsLoss()

    def epoch() -> None:
        for batch in torch.randperm(len(x)).split(BATCH):
            optimizer.zero_grad()
            objective(net(x[batch]), y[batch]).backward()
            optimizer.step()

    return epoch


def rate_of(epoch: Callable[[], None]) -> float:
    """Epochs a second over SECONDS."""
    count, started = 0, time.process_time()
    while time.process_time() - started < SECONDS:
        epoch()
        count += 1
    return count / (time.process_time() - started)
