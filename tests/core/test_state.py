"""Attributes to tensors and JSON and back."""

import json

import pytest
import torch

from models.core import state
from models.core.errors import BadState
from models.core.lab import Lab, build
from tests.core.toys import Still, Toy


def fresh(seed: int = 0) -> Lab:
    return build(Toy, Toy.Config(), seed)


def stepped(count: int) -> tuple[Lab, state.Reference]:
    lab = fresh()
    made = state.reference(lab)
    for _ in range(count):
        lab.step()
    return lab, made


def test_an_untouched_lab_stores_no_tensor() -> None:
    lab = fresh()
    assert state.dump(lab, state.reference(lab))[1] == {}


def test_the_tree_is_json_and_all_comes_back() -> None:
    lab, made = stepped(7)
    tree, tensors = state.dump(lab, made)
    again = fresh()
    state.load(again, state.reference(again), json.loads(json.dumps(tree)), tensors)
    assert state.reference(again) == state.reference(lab)
    assert again.own.get_state().equal(lab.own.get_state())
    assert [p.grad.tolist() for p in again.model.parameters()] == [p.grad.tolist() for p in lab.model.parameters()]


def test_memory_that_was_shared_is_shared_again_and_no_other() -> None:
    lab, made = stepped(3)
    again = fresh()
    state.load(again, state.reference(again), *state.dump(lab, made))
    again.flat.fill_(7)
    assert again.parts[0].tolist() == [7] * 5
    again.sum.fill_(9)
    assert again.same.tolist() == [0, 0]


def test_another_start_does_not_fit() -> None:
    lab, made = stepped(3)
    tree, tensors = state.dump(lab, made)
    other = build(Toy, Toy.Config.read({"n": 30}), 0)
    with pytest.raises(BadState, match="x"):
        state.load(other, state.reference(other), tree, tensors)


def test_data_that_are_left_to_the_lab_must_be_the_same() -> None:
    lab, made = stepped(3)
    other = fresh(seed=1)
    with pytest.raises(BadState, match="x is not in the saved state, and the lab makes another one here"):
        state.load(other, state.reference(other), *state.dump(lab, made))


def test_what_is_no_state_is_named() -> None:
    lab = build(Still, Still.Config(), 0)
    lab.odd = {"deep": [object()]}
    with pytest.raises(TypeError, match="odd/deep/0 is a object"):
        state.reference(lab)


def test_attributes_that_came_later_and_those_that_went() -> None:
    lab, made = stepped(1)
    lab.later = torch.arange(3)
    del lab.same
    again = fresh()
    state.load(again, state.reference(again), *state.dump(lab, made))
    assert again.later.tolist() == [0, 1, 2]
    assert not hasattr(again, "same")
