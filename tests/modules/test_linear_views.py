"""Figures of a linear classifier: what they show of numbers known by hand."""

import math

import pytest
import torch

from models.modules import linear_views

BOX = (-6.0, 6.0, -6.0, 6.0)


def figure(before: list[float], w: list[float]):
    def score(x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
        return torch.cat([x.double(), torch.ones(len(x), 1)], dim=1) @ w

    x, y = torch.tensor([[1.0, 2.0], [-1.0, 0.5]]).double(), torch.tensor([1.0, -1.0])
    first, second = torch.tensor(before).double(), torch.tensor(w).double()
    wrong = torch.tensor([False, True])
    return linear_views.boundary(score, first, second, BOX, linear=True, points=x, y=y, last=0, wrong=wrong)


def test_the_sides_of_a_line_have_the_classes_of_their_sign() -> None:
    field = figure([0, 1, 0], [1, 0, 0])
    assert field.classes[:, 0].unique().tolist() == [0]  # x₁ < 0: class −1
    assert field.classes[:, -1].unique().tolist() == [1]
    assert [(segment.dash, segment.label) for segment in field.segments] == [(False, ""), (True, "before")]
    assert field.arrows[-1].label == "missed: moves"


def test_before_anything_is_learned_there_are_no_sides() -> None:
    assert figure([0, 0, 0], [0, 0, 0]).classes is None


def test_a_bound_that_is_far_away_makes_the_axis_logarithmic() -> None:
    seen, count = torch.tensor([0.0, 1.0, 2.0]), torch.tensor([0.0, 1.0, 1.0])
    near, far, none = (linear_views.mistakes(seen, count, most) for most in (42.0, 5_000.0, math.inf))
    assert [curve.y.log for curve in (near, far, none)] == [False, True, False]
    assert far.lines[0].y.tolist() == [1, 1, 1]  # a logarithm has no 0
    assert near.rules[0]["at"] == 42
    assert none.rules == []


def test_the_rule_stands_alone_until_a_point_has_been_looked_at() -> None:
    w = torch.zeros(3).double()
    equation = linear_views.update(w, w, torch.ones(2, 3).double(), torch.ones(2), None)
    assert len(equation.lines) == 1
    assert equation.values == {}


@pytest.mark.parametrize(("y", "verdict"), [(1.0, "wrong"), (-1.0, "right")])
def test_an_update_has_its_numbers(y: float, verdict: str) -> None:
    before = torch.tensor([1.0, -2.0, 0.0]).double()
    phi = torch.tensor([[1.0, 3.0, 1.0]]).double()
    after = before + y * phi[0] if verdict == "wrong" else before
    equation = linear_views.update(before, after, y * phi, torch.tensor([y]), 0)
    assert equation.values["score"] == -5
    assert equation.values["guess"] == -1
    assert equation.lines[1].note.startswith(verdict)
    assert [equation.values[f"p{i}"] for i in range(3)] == [1, 3, 1]
