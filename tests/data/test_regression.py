"""Data for regression: sizes, units, and that the noise is as large as it is said to be."""

import pytest
import torch

from models.data import diabetes, regression


def draw(name: regression.Name, n: int = 12, noise: float = 0.7, seed: int = 0):
    return regression.draw(name, n, noise, "bmi", torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("name", ["line", "wave", "outlier", "one place"])
def test_the_toy_sets_scatter_around_their_truth_by_the_noise(name: regression.Name) -> None:
    train, test = draw(name, n=5)
    assert train.shape == (5, 2)
    assert len(test) == regression.TEST
    residuals = test[:, 1] - regression.truth("line" if name == "outlier" else name, test[:, 0])
    assert float(residuals.std()) == pytest.approx(0.7, rel=0.1)  # 1,000 draws: a standard error of 0.016
    assert float(test[:, 0].abs().max()) <= regression.REACH


def test_the_outlier_is_one_and_all_at_one_place_are_there() -> None:
    train, _ = draw("outlier", n=20, noise=0.0)
    off = (train[:, 1] - regression.truth("line", train[:, 0])).abs() > 1
    assert int(off.sum()) == 1
    assert draw("one place")[0][:, 0].unique().tolist() == [1.0]


def test_no_patient_is_in_training_and_test() -> None:
    train, test = draw("diabetes, all ten")
    assert (len(train), len(test)) == (354, 88)
    together = torch.cat([train, test])
    assert sorted(together.tolist()) == sorted(diabetes.load().tolist())


def test_one_measurement_is_that_column_in_its_unit() -> None:
    train, test = draw("diabetes")
    known = diabetes.load()[:, [2, 10]]
    assert sorted(torch.cat([train, test]).tolist()) == sorted(known.tolist())
    assert regression.axes("diabetes", "bmi") == [("body mass index", "kg/m²")]
    x0, x1, y0, y1 = regression.box(train)
    assert x0 < float(train[:, 0].min()) < float(train[:, 0].max()) < x1
    assert y0 < float(train[:, 1].min()) < float(train[:, 1].max()) < y1
