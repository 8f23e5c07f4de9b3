"""The points that a network in the plane is given: their order, their features, their targets."""

import pytest
import torch

from models.data import plane
from models.modules.plane_sample import PlaneSample, decide


def sample(name="circle", **settings):
    settings = {"n": 40, "share": 0.75, **settings}
    return PlaneSample(name, torch.Generator().manual_seed(0), **settings)


def test_training_points_come_first_then_own_ones_then_the_test() -> None:
    one = sample()
    first, last = one.places[:30].clone(), one.places[30:].clone()
    one.add_own([(1.0, 2.0, 1), (3.0, 4.0, 0), (0.0, 0.0, 5)])  # the last has a class that there is not
    one.add_own([(5.0, 5.0, 1)])

    assert (one.given, one.own, one.learned, one.parts) == (30, 1, 31, [31, 10])
    assert torch.equal(one.places, torch.cat([first, torch.tensor([[5.0, 5.0]]), last]))
    assert float(one.truth[30]) == 1


def test_features_are_what_they_are_called() -> None:
    one = sample(names=["x₁", "x₂", "x₁²", "x₂²", "x₁x₂", "sin x₁", "sin x₂"])
    found = one.phi(torch.tensor([[2.0, -3.0]]))[0]

    torch.testing.assert_close(found[:5], torch.tensor([2.0, -3.0, 4.0, 9.0, -6.0]))
    torch.testing.assert_close(found[5:], torch.tensor([2.0, -3.0]).sin())


def test_targets_are_one_hot_for_many_classes_and_one_row_for_two_or_a_value() -> None:
    many, two, value = sample(classes=4), sample(), sample("plane")

    assert many.targets.shape == (4, 40)
    assert torch.equal(many.targets.argmax(0).float(), many.truth)
    assert torch.equal(decide(many.targets).float(), many.truth)
    assert torch.equal(two.targets[0], two.truth)
    assert torch.equal(value.targets[0], value.truth)


@pytest.mark.parametrize("name", ["yours", "xor-points"])
def test_where_there_is_nothing_to_hold_out_all_is_learned_from(name: str) -> None:
    one = sample(name)
    assert one.learned == len(one.places)
    assert not one.endless


def test_a_state_with_other_own_points_and_a_moved_one_is_put_back() -> None:
    one, other = sample(), sample()
    one.add_own([(1.0, 1.0, 0)])
    one.move(3, (0.25, -0.5))
    other.load_state_dict(one.state_dict())

    assert torch.equal(one.inputs, other.inputs)
    assert torch.equal(one.targets, other.targets)
    assert other.box == plane.BOX
