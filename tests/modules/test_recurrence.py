"""Periods of sequences whose cycle is known."""

import pytest
import torch

from models.modules.recurrence import Recurrence


@pytest.mark.parametrize(("tail", "period"), [(0, 1), (0, 4), (3, 5), (17, 6), (40, 3)])
def test_a_sequence_with_a_tail_and_a_cycle_has_that_period(tail: int, period: int) -> None:
    def value(i: int) -> torch.Tensor:
        return torch.tensor([float(i if i < tail else tail + (i - tail) % period), 1.0])

    recurrence = Recurrence(value(0))
    found = [p for i in range(1, 1_000) if (p := recurrence.see(value(i)))]
    assert len(found) > 1
    assert set(found) == {period}


def test_what_never_returns_has_no_period() -> None:
    recurrence = Recurrence(torch.zeros(1))
    assert not any(recurrence.see(torch.tensor([float(i)])) for i in range(1, 500))


def test_a_restored_memory_goes_on_where_it_was() -> None:
    first = Recurrence(torch.zeros(1))
    for i in (1, 2, 3, 4):
        first.see(torch.tensor([float(i % 5)]))
    second = Recurrence(torch.ones(1))
    second.load_state_dict(first.state_dict())
    following = [torch.tensor([float(i % 5)]) for i in range(5, 20)]
    assert [first.see(state) for state in following] == [second.see(state) for state in following]
