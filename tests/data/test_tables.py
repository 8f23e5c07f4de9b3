"""Every table as read here equals what the packages' own loaders give."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris

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


@pytest.mark.parametrize(
    ("name", "truth"),
    [
        ("iris", load_iris()),
        ("breast-cancer", load_breast_cancer()),
        ("digits", load_digits()),
        ("diabetes", load_diabetes(scaled=False)),
    ],
)
def test_whole_tables_equal_scikit_learn_bit_for_bit(name, truth):
    table = tables.read(name)
    *inputs, goal = table.columns

    x = torch.stack([column.as_numbers() for column in inputs], 1)
    np.testing.assert_array_equal(x.numpy(), truth.data)
    np.testing.assert_array_equal(goal.values.numpy(), truth.target)
    assert goal.name == table.target
    assert [str(word) for word in getattr(truth, "target_names", [])] == list(goal.classes)
    assert table.source
    assert table.licence


def test_diabetes_is_in_its_units():
    bmi, pressure = tables.read("diabetes")["bmi"], tables.read("diabetes")["bp"]

    assert (bmi.label, bmi.unit, pressure.unit) == ("body mass index", "kg/m²", "mmHg")
    assert 18 <= float(bmi.values.min()) < float(bmi.values.max()) <= 45  # as they are in people


def test_breast_cancer_has_scikit_learns_names():
    wanted = [str(name).replace(" error", "") for name in load_breast_cancer().feature_names]

    names = [column.label.replace("error of ", "") for column in tables.read("breast-cancer").columns[:-1]]

    assert names == wanted


def test_every_penguin_is_in_the_whole_table():
    table = tables.read("penguins")

    assert len(table) == 344
    assert int(table["sex"].missing.sum()) == 11
    assert int(table["body_mass"].missing.sum()) == 2


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
