"""What is happening to a network, in sentences with numbers: what it has reached, what broke, and why."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch

from models.core import Trail
from models.modules import health
from models.modules.mlp import MLP
from models.modules.portraits import Look

__all__ = ["HISTORY", "Situation", "sentences"]

HISTORY = ("step", "train_loss", "test_loss", "gradient", "weights")
"""The columns of a history: one row an evaluation; gradient and weights are lengths."""
Sentence = str | tuple[str, str]
ILLS = {
    "dead": "0 on every training point, so no gradient passes: nothing can bring {it} back",
    "saturated": "at the flat ends of the bend, where the slope is nearly 0, so {it} hardly learn{s}",
    "constant": "the same on every point, so {it} tell{s} nothing apart",
}


@dataclass
class Situation:
    """A network as it stands. history: Trail of HISTORY; metrics: the newest; rate: the present learning rate."""

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
    """The result first, then what is wrong, the gravest first."""
    if not now.look.sample.learned:
        return ["There is nothing to learn from yet: draw points of two classes on the plane, then press play."]
    if broken := diverged(now):
        return [*result(now), *broken]
    return [*result(now), *symmetric(now), *collapsed(now), *broken_units(now), *stuck(now), *overfitted(now)]


def result(now: Situation) -> list[Sentence]:
    """How much is learned."""
    names = ("train_loss", "test_loss", "train_accuracy", "test_accuracy")
    loss, test_loss, accuracy, test = (now.metrics.get(name, math.nan) for name in names)
    if not math.isfinite(loss):
        return []
    if math.isnan(accuracy):
        return [f"Step {now.step:,}: the training loss is {loss:.3g}, the test loss {test_loss:.3g}."]
    share = f"Step {now.step:,}: {accuracy:.1%} of the training points are on their side"
    share += "" if math.isnan(test) else f", {test:.1%} of the test points"
    return [(f"{share}; the training loss is {loss:.3g}.", "good" if min(accuracy, test) > 0.97 else "plain")]


def diverged(now: Situation) -> list[Sentence]:
    """Whether the loss has run away, and by how much a step overshoots."""
    rows = torch.stack([now.history.column(name) for name in HISTORY], 1) if len(now.history) else torch.empty(0, 5)
    finite = rows[torch.isfinite(rows[:, 1]) & torch.isfinite(rows[:, 3])]
    if len(finite) < 2:
        return []
    first, last, least = float(finite[0, 1]), float(finite[-1, 1]), float(finite[:, 1].min())
    lost = not math.isfinite(now.metrics.get("train_loss", math.nan))
    if not lost and (last <= 2 * first or last <= 5 * least + 0.5):
        return []
    step, gradient, weights = int(finite[-1, 0]), float(finite[-1, 3]), float(finite[-1, 4])
    move = now.rate * gradient
    if lost:
        text = f"The loss is no longer a number: it was {first:.3g} at the start and {last:.3g} at step {step:,}. "
    else:
        text = f"The loss has grown from {first:.3g} at the start ({least:.3g} at best) to {last:.3g}. "
    text += f"There a step was rate × gradient = {now.rate:.3g} × {gradient:.3g} = {move:.3g} long, "
    text += f"all weights together {weights:.3g}"
    text += ": the steps jump over the valley, farther each time. Lower the rate, or clip the gradient."
    return [(text, "bad")]


def symmetric(now: Situation) -> list[Sentence]:
    """Units with equal weights."""
    layers = health.twins(now.net)
    if not layers:
        return []
    text = f"All units of layer {layers[0]} have the same weights, so they get the same gradient and stay copies of one"
    return [(f"{text} unit for ever. Begin with random weights.", "bad")]


def collapsed(now: Situation) -> list[Sentence]:
    """With linear activations, the single linear map that all the layers are."""
    layers = now.net.layers
    if not now.look.names or any(name != "linear" for name in now.look.names) or any(layer.norm for layer in layers):
        return []
    weights, bias = layers[0].weights, layers[0].bias
    for layer in layers[1:]:
        weights, bias = layer.weights @ weights, layer.weights @ bias + layer.bias
    numbers = ", ".join(f"{w:+.2f}" for w in weights[0].tolist())
    text = f"Every bend is linear, so the {len(layers)} weight matrices multiply out to one: W = ({numbers}), "
    return [(f"{text}b = {float(bias[0]):+.2f}. The border can only be a straight line.", "warn")]


def broken_units(now: Situation) -> list[Sentence]:
    """Dead, saturated and constant units, layer by layer."""
    found: list[Sentence] = []
    for index, notes in enumerate(health.notes(now.net, now.look.sample.train[0]), 1):
        for kind, why in ILLS.items():
            ill = [str(i) for i, note in enumerate(notes, 1) if note.startswith(kind)]
            if not ill:
                continue
            one = len(ill) == 1
            which = ", ".join(ill[:8]) + (", …" if len(ill) > 8 else "")
            text = f"Layer {index}: {len(ill)} of {len(notes)} units {'is' if one else 'are'} {kind} (number {which}): "
            text += why.format(it="it" if one else "them" if kind == "dead" else "they", s="s" if one else "")
            harmless = now.metrics.get("train_accuracy", 0.0) > 0.97
            found.append((f"{text}.", "plain" if harmless else "bad" if 2 * len(ill) > len(notes) else "warn"))
    return found


def stuck(now: Situation) -> list[Sentence]:
    """Whether the loss stands still while there is much left to learn."""
    losses, steps = now.history.column("train_loss"), now.history.column("step")
    if len(losses) < 20 or now.metrics.get("train_accuracy", 1.0) > 0.9:
        return []
    half = losses[len(losses) // 2 :]
    change = float(half.max() - half.min())
    if not change < 0.03 * float(half.mean()):
        return []
    text = f"A plateau: the loss has moved by only {change:.2g} since step {int(steps[len(losses) // 2]):,}"
    text += f"; the last gradient is {now.metrics.get('gradient_norm', math.nan):.2g} long"
    text += f". Always guessing the commonest class would be right on {now.chance:.0%}." if now.chance else "."
    return [(text, "warn")]


def overfitted(now: Situation) -> list[Sentence]:
    """Whether the test loss has turned while the training loss fell on."""
    train, test, steps = (now.history.column(name) for name in ("train_loss", "test_loss", "step"))
    if len(test) < 10 or not bool(torch.isfinite(test).all()):
        return []
    best = int(test.argmin())
    rose, fell = float(test[-1]) > 1.25 * float(test[best]) + 0.01, float(train[-1]) < float(train[best])
    if not (rose and fell):
        return []
    text = f"Overfitting: since step {int(steps[best]):,} the training loss fell from {float(train[best]):.3g} to"
    return [
        (
            f"{text} {float(train[-1]):.3g}, the test loss rose from {float(test[best]):.3g} to {float(test[-1]):.3g}.",
            "warn",
        )
    ]
