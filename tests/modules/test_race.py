"""A race: one start for all, its own memory for each, and nobody who runs away takes another along."""

import torch

from models.modules.race import Race

START = torch.tensor([1.0, -2.0])


def slope(x: torch.Tensor) -> torch.Tensor:
    return x * torch.tensor([1.0, 10.0], dtype=torch.float64)


def walk(race: Race, steps: int, rates: list[float]) -> None:
    for _ in range(steps):
        race.step(slope(race.x), rates, 0.9)


def test_who_runs_away_stays_where_it_was_and_the_others_walk_on() -> None:
    race = Race(["sgd", "adam"], START, reach=50.0)
    walk(race, 60, [0.3, 0.1])
    assert race.gone[0] > 0
    assert race.gone[1] == 0
    assert race.x.abs().max() < 50
    assert torch.isfinite(race.x).all()
    assert len(race.path("sgd")) == race.gone[0]  # the start and each step before the one that was too far
    assert len(race.path("adam")) == 61


def test_a_gradient_that_is_no_number_sends_its_walker_away() -> None:
    race = Race(["sgd", "momentum"], START, reach=50.0)
    race.step(torch.tensor([[float("nan"), 0.0], [1.0, 1.0]], dtype=torch.float64), [0.1, 0.1], 0.9)
    assert race.gone == [1, 0]
    assert race.x.tolist() == [[1.0, -2.0], [0.9, -2.1]]


def test_beginning_again_forgets_everything() -> None:
    names = ["momentum", "nesterov", "adagrad", "rmsprop", "adam"]
    used, new = Race(names, START, reach=50.0), Race(names, START, reach=50.0)
    walk(used, 7, [0.05] * 5)
    used.begin(START)
    walk(used, 5, [0.05] * 5)
    walk(new, 5, [0.05] * 5)
    assert torch.equal(used.x, new.x)
    assert used.count == 5
    assert all(torch.equal(used.path(name), new.path(name)) for name in names)


def test_arrival_is_noted_once() -> None:
    race = Race(["sgd"], START, reach=50.0)
    for height in (1.0, 1e-7, 1.0, 1e-8):
        race.step(torch.zeros(1, 2, dtype=torch.float64), [0.1], 0.9)
        race.note([height])
    assert race.arrived == [2]
