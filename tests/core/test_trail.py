"""The past, thinned."""

import pytest
import torch

from models.core import Trail


@pytest.mark.parametrize("count", [1, 5, 11, 100, 1_000, 12_345])
def test_bounded_with_the_first_and_the_newest(count: int) -> None:
    trail = Trail("step", "loss", limit=10)
    for step in range(count):
        trail.add(step, step / 2)
    steps = trail.column("step").tolist()
    assert len(trail) == len(steps) <= 11
    assert (steps[0], steps[-1]) == (0, count - 1)
    assert steps == sorted(set(steps))
    assert trail.column("loss").tolist() == [step / 2 for step in steps]


def test_tensors_are_copied_and_stacked() -> None:
    trail, w = Trail("w", limit=10), torch.zeros(3)
    trail.add(w)
    w += 1
    trail.add(w)
    assert trail.column("w").tolist() == [[0, 0, 0], [1, 1, 1]]


def test_state_there_and_back() -> None:
    trail, again = Trail("a", limit=8), Trail("a", limit=8)
    for step in range(21):
        trail.add(step)
    again.load_state_dict(trail.state_dict())
    for step in range(21, 60):
        trail.add(step)
        again.add(step)
    assert trail.column("a").tolist() == again.column("a").tolist()


def test_a_row_has_its_columns() -> None:
    with pytest.raises(ValueError, match="2 values, not 1"):
        Trail("a", "b").add(1)
