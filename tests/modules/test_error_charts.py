"""Errors over what is varied, by hand."""

import math

import torch

from models.modules import error_charts


def test_only_what_is_known_is_drawn() -> None:
    line = error_charts.by_setting([1, 2, 5], "test", torch.tensor([0.5, math.nan, 0.0]).double(), "test")
    assert line.x.tolist() == [1, 5]
    assert line.y.tolist() == [0.5, error_charts.LEAST]


def test_the_axis_of_errors_goes_with_the_scale_and_the_present_setting_is_ruled() -> None:
    figure = error_charts.chart([1, 2, 5], 2, [], [], word="degree", scale=10.0, wide=False)
    assert (figure.y.lo, figure.y.hi, figure.x.hi) == (0.1, 10_000, 5)
    assert figure.rules[-1] == {"axis": "x", "at": 5, "label": "degree 5"}


def test_the_mean_is_over_the_folds_that_were_held_out() -> None:
    figure = error_charts.cross_validated(torch.tensor([1.0, 3.0, math.nan]).double(), "degree 2")
    assert figure.values["mean"] == "2.00"
    assert "2 folds so far" in figure.lines[0].note
    assert error_charts.cross_validated(torch.tensor([math.nan]).double(), "degree 1").values["mean"] == "?"


def test_the_parts_add_up() -> None:
    parts, measured = torch.tensor([0.5, 0.25]).double(), torch.tensor([1.1, 0.05]).double()
    values = error_charts.decomposed(parts, 0.25, measured, "degree 3").values
    assert (values["s"], values["m"]) == ("1.00", "1.10 ± 0.050")
    unknown = torch.tensor([math.nan, math.nan]).double()
    assert error_charts.decomposed(unknown, 0.25, unknown, "degree 3").values == {}
