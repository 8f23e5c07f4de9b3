"""States from elsewhere: those that are sound go on bit for bit, all others are refused with a sentence."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import torch
from safetensors.torch import save

from models.core.admission import admit
from models.core.errors import BadState, InvalidConfig
from models.core.session import Session
from models.core.timeline import read_state
from tests.core.drive import forward
from tests.core.toys import Toy

About = dict[str, Any]
Tensors = dict[str, torch.Tensor]


def trained() -> Session:
    """A session with edits of both kinds behind it."""
    session = Session(Toy, seed=2)
    forward(session, 23)
    session.tune({"rate": 0.03})
    session.act("move", {"index": 2, "x": 1.0, "y": 1.0})
    forward(session, 5)
    return session


def forged(change: Callable[[About, Tensors], object]) -> bytes:
    """A sound file of a state that was changed by hand."""
    about, tensors = read_state(trained().save(), Toy)
    change(about, tensors)
    return save(tensors, {"orrery": json.dumps(about)})


def leaf(about: About, name: str) -> list[Any]:
    """The description of one tensor: type, shape, stride, offset."""
    blocks = about["state"]["blocks"].values()
    return next(block["views"][name] for block in blocks if name in block["views"])


def test_what_was_admitted_goes_on_bit_for_bit() -> None:
    session = trained()
    saved = session.save()
    expected = forward(session, 30)
    admitted = admit(saved, Toy)
    assert (admitted.step, admitted.status, admitted.edits) == (28, "paused", session.edits)
    assert forward(admitted, 30) == expected


def test_a_state_at_the_end_of_its_lab_is_admitted() -> None:
    session = Session(Toy)
    forward(session, 600)
    assert session.status == "finished"
    assert admit(session.save(), Toy).step == 500


WEIGHT, FLAT = "model/0.weight", "flat"
FORGERIES: dict[str, tuple[Callable[[About, Tensors], object], str]] = {
    "no step": (lambda a, t: a.pop("step"), "step is None"),
    "a step that is true": (lambda a, t: a.update(step=True), "step is True"),
    "a step below nothing": (lambda a, t: a.update(step=-1), "step is -1"),
    "endless steps": (lambda a, t: a.update(max_steps=10**12), "max_steps"),
    "a thousand threads": (lambda a, t: a.update(threads=1_000), "threads"),
    "a clock without end": (lambda a, t: a["clock"].update(time_s=1e999), "clock"),
    "an unknown edit": (lambda a, t: a["edits"].append({**a["edits"][0], "name": "step"}), "edit"),
    "an edit to come": (lambda a, t: a["edits"][0].update(step=10**6), "edit"),
    "settings out of range": (lambda a, t: a["first_config"].update(rate=7), "rate"),
    "another shape": (lambda a, t: leaf(a, FLAT).__setitem__(slice(1, 3), [[2, 5], [5, 1]]), "flat is"),
    "another shape of the model": (lambda a, t: leaf(a, WEIGHT).__setitem__(slice(1, 3), [[2, 1], [1, 1]]), "model"),
    "beyond its bytes": (lambda a, t: leaf(a, FLAT).__setitem__(3, 5), "does not lie within"),
    "a terabyte of one number": (lambda a, t: leaf(a, "sum").__setitem__(slice(1, 3), [[1 << 38], [0]]), "lie within"),
    "a negative stride": (lambda a, t: leaf(a, FLAT).__setitem__(2, [-1]), "no shape"),
    "a type that is code": (lambda a, t: leaf(a, FLAT).__setitem__(0, "load"), "no shape"),
    "whole numbers for weights": (lambda a, t: leaf(a, FLAT).__setitem__(0, "int32"), "int32"),
    "a tensor that is not there": (lambda a, t: t.pop(next(name for name in t if name != "chance")), "does not run"),
    "no chance": (lambda a, t: t.pop("chance"), "does not run"),
    "a method hidden": (lambda a, t: a["state"]["tree"].update(step={"value": 1}), "no part of a lab's state"),
    "a class changed": (lambda a, t: a["state"]["tree"].update(__class__={"value": 1}), "no part"),
    "settings hidden": (lambda a, t: a["state"]["tree"].update(config={"value": 1}), "no part"),
    "an attribute gone": (lambda a, t: a["state"]["tree"].pop("optimiser"), "does not run"),
    "a model that is a number": (lambda a, t: a["state"]["tree"].update(model={"value": 1}), "has 0 parameters"),
    "a tree that is a list": (lambda a, t: a["state"].update(tree=[1]), "does not run"),
    "an unknown kind": (lambda a, t: a["state"]["tree"].update(flat={"pickle": "gASV"}), "object where"),
    "nothing": (lambda a, t: a.clear(), "not a saved state|does not run"),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_state_is_refused(name: str) -> None:
    change, words = FORGERIES[name]
    with pytest.raises((BadState, InvalidConfig), match=words):
        admit(forged(change), Toy)


def test_a_state_of_other_settings_does_not_fit() -> None:
    with pytest.raises(BadState, match="n was 21 and is 20"):
        admit(forged(lambda about, _: about["first_config"].update(n=21)), Toy)
