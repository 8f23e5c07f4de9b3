"""Penguins and irises as read here equal what the packages' own loaders give."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from sklearn.datasets import load_iris

from models.data import tables


@pytest.mark.parametrize(("first", "second"), [("bill_length", "flipper_length"), ("body_mass", "bill_depth")])
def test_penguins_equal_pandas_reading_of_the_package(first, second):
    from palmerpenguins import load_penguins

    unit = {"body_mass": "g"}
    columns = [f"{name}_{unit.get(name, 'mm')}" for name in (first, second)]
    frame = load_penguins().dropna(subset=columns)

    x, y = tables.load("penguins", first, second)

    assert len(x) == 342  # 344 birds, of 2 none of the four measurements was taken
    np.testing.assert_allclose(x.numpy(), frame[columns].to_numpy(), rtol=1e-6)  # float32
    assert [tables.TABLES["penguins"].classes[k] for k in y] == frame["species"].tolist()


def test_iris_equals_scikit_learn():
    x, y = tables.load("iris", "petal_length", "sepal_width")
    truth = load_iris()

    np.testing.assert_allclose(x.numpy(), truth.data[:, [2, 1]], rtol=1e-6)  # float32
    np.testing.assert_array_equal(y.numpy(), truth.target)
    assert tables.TABLES["iris"].classes == tuple(truth.target_names)


def test_the_box_holds_every_point_with_room():
    x, _ = tables.load("penguins", "bill_length", "body_mass")

    x0, x1, y0, y1 = tables.box(x)

    low, high = torch.tensor([x0, y0]), torch.tensor([x1, y1])
    assert bool(((x > low) & (x < high)).all())


def test_neither_pandas_nor_scikit_learn_is_imported():
    code = (
        "import sys; from models.data import tables;"
        "tables.load('penguins', 'bill_length', 'body_mass'); tables.load('iris', 'petal_length', 'petal_width');"
        "assert not {'pandas', 'sklearn'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
