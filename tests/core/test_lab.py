"""Declarations, and the law of chance."""

import torch

from models.core.lab import build, lab_id, looking, stable_hash
from tests.core.toys import Toy


def test_methods_are_found_in_order_with_their_kinds_and_inputs() -> None:
    views = Toy.methods("view")
    assert list(views) == ["map", "both"]
    assert (views["map"].kind, views["both"].kind) == ("Field", "Choices")
    assert (views["map"].stage, views["both"].shown) == (True, False)
    assert views["map"].edit == ("points", "move")
    assert Toy.methods("probe")["ask"].input.__name__ == "Point"
    assert lab_id(Toy) == "toys"


def test_looking_forks_chance_and_turns_dropout_and_gradients_off() -> None:
    lab = build(Toy, Toy.Config(), 0)
    chance = torch.random.get_rng_state()
    with looking(lab, 0, 3, "a") as seen:
        first = torch.rand(3)
        assert not seen.model.training
        assert not torch.is_grad_enabled()
        assert type(seen).__name__ == "Toy"
    assert lab.model.training
    assert type(lab) is Toy
    assert torch.random.get_rng_state().equal(chance)
    with looking(lab, 0, 3, "a"):
        assert torch.rand(3).equal(first)
    with looking(lab, 0, 4, "a"):
        assert not torch.rand(3).equal(first)


def test_the_hash_is_the_same_in_every_process() -> None:
    assert stable_hash(1, 2, "view") == stable_hash(1, 2, "view") != stable_hash(1, 2, "eval")
    assert 0 <= stable_hash("x") < 2**63
    assert stable_hash(0, 0, "a") == 6809118596969674123  # written down: no process, machine or version may change it


def test_the_config_is_there_before_init_and_the_seed_rules() -> None:
    one, same, other = (build(Toy, Toy.Config(), seed) for seed in (1, 1, 2))
    assert one.x.equal(same.x)
    assert not one.x.equal(other.x)
