"""A step of descent told in numbers, and what the curvature says of a rate, by hand."""

import pytest
import torch

from models.modules import descent
from models.modules.descent import Stride

X = torch.tensor([[0.0, 1.0], [1.0, 1.0], [2.0, 1.0]], dtype=torch.float64)
Y = torch.tensor([1.0, 3.0, 5.0], dtype=torch.float64)


def stride(chosen: list[int] | None = None, gradient: list[float] | None = None) -> Stride:
    zero = torch.zeros(2, dtype=torch.float64)
    slope = None if gradient is None else torch.tensor(gradient, dtype=torch.float64)
    after = zero if slope is None else -0.1 * slope
    rows = None if chosen is None else torch.tensor(chosen)
    return Stride(["x", "1"], zero, after, slope, 0.1, X, Y, rows)


def test_before_the_first_step_it_is_the_rule() -> None:
    assert descent.told(stride()).values == {}
    assert "nabla" in descent.told(stride()).lines[1].latex


def test_a_step_on_all_points_shows_gradient_and_update() -> None:
    figure = descent.told(stride(gradient=[-26 / 3, -6.0]))  # 2/3 · (0 + 3 + 10), 2/3 · 9, downwards
    assert (figure.values["g0"], figure.values["g1"]) == ("−8.67", "−6.00")
    assert (figure.values["n0"], figure.values["n1"]) == ("0.867", "0.600")
    assert [line.note for line in figure.lines] == ["over all 3 points", "over all 3 points", "the new w", "the new b"]


def test_a_step_on_one_point_begins_with_its_residual() -> None:
    figure = descent.told(stride(chosen=[2], gradient=[-20.0, -10.0]))
    assert (figure.values["guess"], figure.values["y"], figure.values["e"]) == ("0.00", "5.00", "−5.00")
    assert figure.values["x0"] == "2.00"
    assert "point 2" in figure.lines[0].note


def test_many_weights_are_told_by_their_length() -> None:
    long = torch.ones(9, dtype=torch.float64)
    told = descent.told(Stride([*"abcdefgh", "1"], long, long, 3 * long, 0.1, torch.ones(2, 9).double(), Y[:2]))
    assert told.values["glength"] == "9.000"
    assert "9 numbers" in told.lines[1].note


def test_the_limit_of_the_rate_and_the_slowest_direction() -> None:
    x = torch.diag(torch.tensor([2.0, 1.0], dtype=torch.float64))  # H = diag(4, 1): limit 0.5
    good = descent.prospects(x, 0.25, noisy=False)
    assert "2/λmax = 0.500" in good[0]
    assert "50% of it" in good[0]
    assert "4 times as curved" in good[1]
    assert "8 steps" in good[1]  # 0.75ⁿ = 0.1
    ((text, tone),) = descent.prospects(x, 0.6, noisy=False)
    assert tone == "bad"
    assert "1.40 times as far" in text  # |1 − 0.6 · 4|
    assert "level" in descent.prospects(torch.zeros(2, 2).double(), 1.0, noisy=True)[0]


def test_three_formulas_agree_or_say_that_there_is_no_single_answer() -> None:
    rows = descent.formulas(X, Y).rows
    assert [row[2] for row in rows] == ["2.236", "2.236", "2.236"]  # ‖(2, 1)‖
    lost = descent.formulas(X[:1], Y[:1]).rows
    assert [row[-1] for row in lost[:2]] == ["no single answer: rank is lost"] * 2
    assert lost[2][2] == "1.000"
    assert all(row[-1] == "no points" for row in descent.formulas(X[:0], Y[:0]).rows)


@pytest.mark.parametrize("n", [1, 3])
def test_a_lost_rank_is_said(n: int) -> None:
    said = descent.words_of_rank(X[:n])
    assert bool(said) == (n == 1)
