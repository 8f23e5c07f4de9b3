"""Figures of a regression: squares, ends and bowl, by hand."""

import math

import pytest
import torch

from models.modules import least_squares, regression_views
from models.modules.regression_sample import RegressionSample


def sample(**more: object) -> RegressionSample:
    generator = torch.Generator().manual_seed(0)
    data = RegressionSample("yours", generator, n=1, noise=0.0, **more)
    data.add_own([(0, 1, 0), (1, 3, 0), (2, 2, 0)])
    return data


def test_each_square_stands_on_its_residual() -> None:
    boxes = regression_views.squares(sample(), torch.tensor([1.0, 1.0]).double())
    assert [(box.x0, box.y0, box.y1, box.colour) for box in boxes] == [
        (0, 1, 1, "neg"),
        (1, 2, 3, "pos"),
        (2, 3, 2, "neg"),
    ]
    assert all(abs(box.x1 - box.x0) == abs(box.y1 - box.y0) for box in boxes)


@pytest.mark.parametrize(("w", "b"), [(0.5, 1.0), (30.0, 0.0), (-3.0, 2.0), (0.0, 9.0)])
def test_the_ends_are_in_the_picture_and_on_the_line_where_it_is(w: float, b: float) -> None:
    left, right = regression_views.ends(sample(), torch.tensor([w, b]).double())
    for end in (left, right):
        assert -4 <= end["x"] <= 4
        assert -4 <= end["y"] <= 4
        if abs(b) < 4:
            assert end["y"] == pytest.approx(w * end["x"] + b, abs=0.05 + abs(w) * 0.01)
    assert left["x"] < right["x"]


def test_a_bent_curve_has_no_ends() -> None:
    data = sample(features="polynomial", size=2)
    assert regression_views.ends(data, torch.zeros(3).double()) == []


@pytest.mark.parametrize("features", ["x", "polynomial"])
def test_the_bowl_is_the_loss_along_its_directions(features: str) -> None:
    data = sample(features=features, size=1 if features == "x" else 3)
    best = least_squares.solve(data.x, data.y)
    bowl = regression_views.Bowl(data.x, data.y, best, data.names)
    start = best + bowl.basis @ torch.tensor([0.6, -0.8]).double()
    box = bowl.window(start)
    field = bowl.picture(box, torch.stack([start, best]), grab=False)
    place = bowl.places(start[None])[0].tolist()
    assert box[0] < place[0] < box[1]
    assert box[2] < place[1] < box[3]
    row, column = (int((place[i] - box[2 * i]) / (box[2 * i + 1] - box[2 * i]) * 64) for i in (1, 0))
    loss = math.log10(float(least_squares.loss(data.x, data.y, start)))
    assert float(field.values[row, column]) == pytest.approx(loss, abs=0.15)  # the cell's middle, not the place itself
    assert field.paths[0].places[-1].tolist() == pytest.approx(bowl.places(best[None])[0].tolist())


def test_numbers_that_diverged_can_still_be_drawn() -> None:
    wild = torch.tensor([math.inf, -math.inf, math.nan, 1e300]).double()
    assert bool(torch.isfinite(regression_views.bounded(wild)).all())
    far = torch.tensor([1e200, math.inf]).double()
    assert regression_views.ends(sample(), far) == []
    assert len(regression_views.squares(sample(), far)) == 3


def test_the_pieces_add_up_to_the_prediction() -> None:
    data = sample(features="RBF", size=3)
    figure = regression_views.pieces(data, torch.tensor([1.0, -2.0, 0.5, 0.25]).double())
    *parts, total = figure.lines
    torch.testing.assert_close(sum(part.y for part in parts), total.y)
