"""The design matrix: its columns, what standardising does to a line, and what survives a restore."""

import pytest
import torch

from models.modules.regression_sample import RegressionSample


def sample(name: str = "line", **more: object) -> RegressionSample:
    generator = torch.Generator().manual_seed(1)
    return RegressionSample(name, generator, **{"n": 12, "noise": 0.5, **more})


@pytest.mark.parametrize("standardise", [False, True])
def test_a_line_and_its_weights_are_two_ways_to_say_the_same(standardise: bool) -> None:
    data = sample("diabetes", standardise=standardise)
    theta = data.weights_of(10.0, -100.0)
    assert data.line(theta) == pytest.approx((10.0, -100.0))
    torch.testing.assert_close(data.x @ theta, 10 * data.rows[:, 0] - 100)


def test_standardised_columns_have_mean_0_and_spread_1() -> None:
    data = sample("diabetes, all ten", standardise=True)
    torch.testing.assert_close(data.x[:, :-1].mean(0), torch.zeros(10).double(), atol=1e-12, rtol=0)
    torch.testing.assert_close(data.x[:, :-1].std(0, correction=0), torch.ones(10).double())
    assert data.x[:, -1].unique().tolist() == [1.0]
    assert data.names[-1] == "1"


def test_a_column_without_spread_is_not_divided_by_0() -> None:
    assert bool(torch.isfinite(sample("one place", standardise=True).x).all())


def test_own_points_come_last_and_go_again() -> None:
    data = sample()
    given = data.rows.tolist()
    data.add_own([(1, 2, 0), (3, -1, 1)])
    assert data.rows.tolist() == [*given, [1, 2], [3, -1]]
    data.move(12, 0.5, 0.25)
    kept = data.state_dict()
    other = sample()
    other.load_state_dict(kept)
    assert other.rows.tolist() == data.rows.tolist()
    assert other.x.tolist() == data.x.tolist()
    data.add_own([])
    assert data.rows.tolist() == given


def test_where_y_over_x_is_not_drawn_there_are_no_own_points() -> None:
    data = sample("diabetes, all ten")
    data.add_own([(1, 2, 0)])
    assert data.rows.shape == (354, 11)
    assert not data.straight
