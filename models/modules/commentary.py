"""What is happening to a network, in sentences with numbers: what it has reached, what broke and why."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch

from models.core import Trail
from models.modules import health
from models.modules.mlp import MLP
from models.modules.portraits import Look

__all__ = ["Situation", "sentences"]

Sentence = str | tuple[str, str]


@dataclass
class Situation:
    """A network as it stands. history: Trail of step, train_loss, test_loss; metrics: the newest; rate: the present one."""

    look: Look
    history: Trail
    metrics: Mapping[str, float]
    rate: float
    step: int

    @property
    def net(self) -> MLP:
        return self.look.net

    @property
    def chance(self) -> float | None:
        """How often guessing the commonest class is right."""
        sample = self.look.sample
        if sample.regression or not sample.learned:
            return None
        return float(torch.bincount(sample.truth[: sample.learned].long()).max()) / sample.learned


def sentences(now: Situation) -> list[Sentence]:
    """The result first, then everything that is wrong, the gravest first."""
    found = [*diverged(now), *broken_units(now), *collapsed(now), *symmetric(now), *stuck(now), *overfitted(now)]
    return [*result(now), *found]


def result(now: Situation) -> list[Sentence]:
    loss, accuracy, test = (now.metrics.get(name) for name in ("train_loss", "train_accuracy", "test_accuracy"))
    if loss is None:
        return ["There is nothing to learn from yet: draw points of two colours on the plane, then press play."]
    if accuracy is None:
        return [f"Step {now.step:,}: the training loss is {loss:.4g}."]
    share = f"Step {now.step:,}: {accuracy:.1%} of the training points are on the right side"
    share += f", {test:.1%} of the test points" if test is not None else ""
    return [(f"{share}; the training loss is {loss:.3g}.", "good" if min(accuracy, test or 1.0) > 0.97 else "plain")]


def diverged(now: Situation) -> list[Sentence]:
    """Whether the loss has grown, and by how much a step overshoots."""
    losses = now.history.column("train_loss")
    if len(losses) < 2 or not float(losses.min()) >= 0:
        return []
    first, last, least = float(losses[0]), float(losses[-1]), float(losses.min())
    if last <= 2 * first and last <= 5 * least + 0.5:
        return []
    gradient, weights = float(now.net.gradient.norm()), float(now.net.theta.norm())
    move = now.rate * gradient
    text = f"The loss has grown: {first:.3g} at the start, {least:.3g} at best, {last:.3g} now. "
    text += f"A step is rate × gradient = {now.rate:.3g} × {gradient:.3g} = {move:.3g} long, and all weights together are {weights:.3g} long"
    text += ": each step overshoots the valley. Lower the rate." if move > 0.02 * weights else "."
    return [(text, "bad")]


def broken_units(now: Situation) -> list[Sentence]:
    """Dead, saturated and constant units, layer by layer."""
    found: list[Sentence] = []
    for index, notes in enumerate(health.notes(now.net, now.look.sample.train[0]), 1):
        for kind, why in (
            ("dead", "they give 0 on every point, so their gradient is 0 and they can never come back"),
            ("saturated", "they sit at the flat ends of their bend, where the slope is nearly 0, so they hardly learn"),
            ("constant", "they give the same on every point and tell nothing apart"),
        ):
            ill = [str(i) for i, note in enumerate(notes, 1) if note.startswith(kind)]
            if ill:
                which = ", ".join(ill[:8]) + (" …" if len(ill) > 8 else "")
                text = f"Layer {index}: {len(ill)} of {len(notes)} units {'is' if len(ill) == 1 else 'are'} {kind} (unit {which}): {why}."
                found.append((text, "bad" if kind == "dead" or len(ill) * 2 > len(notes) else "warn"))
    return found


def collapsed(now: Situation) -> list[Sentence]:
    """With linear activations, the single linear map that all the layers are."""
    if (
        not now.look.names
        or any(name != "linear" for name in now.look.names)
        or any(layer.norm for layer in now.net.layers)
    ):
        return []
    weights, bias = now.net.layers[0].weights, now.net.layers[0].bias
    for layer in now.net.layers[1:]:
        weights, bias = layer.weights @ weights, layer.weights @ bias + layer.bias
    numbers = ", ".join(f"{w:+.2f}" for w in weights[0, :7].tolist())
    return [
        (
            f"Every bend is linear, so the {len(now.net.layers)} weight matrices multiply out to one: W = ({numbers}), b = {float(bias[0]):+.2f}. The border can only be a straight line.",
            "warn",
        )
    ]


def symmetric(now: Situation) -> list[Sentence]:
    layers = health.twins(now.net)
    if not layers:
        return []
    return [
        (
            f"All units of layer {layers[0]} have the same weights: they get the same gradient and stay copies of one unit for ever. Begin with random weights.",
            "bad",
        )
    ]


def stuck(now: Situation) -> list[Sentence]:
    """Whether the loss has stood still while there is much left to learn."""
    losses, steps = now.history.column("train_loss"), now.history.column("step")
    accuracy = now.metrics.get("train_accuracy", 1.0)
    if len(losses) < 20 or accuracy > 0.9:
        return []
    half = losses[len(losses) // 2 :]
    change = float(half.max() - half.min())
    if not change < 0.02 * float(half.mean()):
        return []
    text = f"The loss has moved by only {change:.2g} since step {int(steps[len(losses) // 2]):,}: a plateau. "
    text += f"The gradient is {float(now.net.gradient.norm()):.2g} long"
    text += f"; guessing the commonest class would be right on {now.chance:.0%}." if now.chance else "."
    return [(text, "warn")]


def overfitted(now: Situation) -> list[Sentence]:
    """Whether the test loss has turned while the training loss fell on."""
    train, test, steps = (now.history.column(name) for name in ("train_loss", "test_loss", "step"))
    if len(test) < 10 or math.isnan(float(test[-1])):
        return []
    best = int(test.nan_to_num(math.inf).argmin())
    if float(test[-1]) <= 1.25 * float(test[best]) + 0.01 or float(train[-1]) >= float(train[best]):
        return []
    return [
        (
            f"Overfitting: since step {int(steps[best]):,} the training loss went on falling to {float(train[-1]):.3g}, but the test loss rose from {float(test[best]):.3g} to {float(test[-1]):.3g}.",
            "warn",
        )
    ]
