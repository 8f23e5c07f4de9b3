"""Metrics as columns."""

import math

import numpy as np
import pytest

from server.runs import rows


def columns(first: int, last: int, **more: list[float]) -> rows.Columns:
    return {"step": np.arange(first, last + 1), **{name: np.array(values, float) for name, values in more.items()}}


def test_bytes_and_back() -> None:
    back = rows.decode(rows.encode(columns(1, 3, loss=[1, 2, math.nan])))
    assert list(back) == ["step", "loss"]
    assert rows.as_json(back) == {"step": [1, 2, 3], "loss": [1.0, 2.0, None]}


@pytest.mark.parametrize(
    "data", [b"", b"garbage", rows.encode({"loss": np.zeros(2)}), rows.encode({"step": np.zeros(2), "a": np.zeros(3)})]
)
def test_what_is_no_rows_is_refused(data: bytes) -> None:
    with pytest.raises(rows.BadRows):
        rows.decode(data)


def test_join_fills_with_nothing() -> None:
    joined = rows.join([columns(1, 2, a=[1, 2]), columns(3, 3, b=[5])])
    assert rows.as_json(joined) == {"step": [1, 2, 3], "a": [1.0, 2.0, None], "b": [None, None, 5.0]}
    assert rows.as_json(rows.join([])) == {"step": []}


def test_between() -> None:
    assert rows.between(columns(1, 9), 3, 6)["step"].tolist() == [4, 5, 6]


def test_thinning_keeps_the_extremes() -> None:
    loss = np.sin(np.arange(10_000) / 50.0)
    loss[[4_321, 7_777]] = [50, -50]
    thin = rows.thin({"step": np.arange(10_000), "loss": loss}, 200)
    assert len(thin["step"]) <= 210
    assert {50.0, -50.0} <= set(thin["loss"].tolist())
    assert (thin["step"][0], thin["step"][-1]) == (0, 9_999)
    assert np.all(np.diff(thin["step"]) > 0)


def test_thinning_survives_columns_of_nothing() -> None:
    assert len(rows.thin(columns(1, 50, a=[math.nan] * 50), 4)["step"]) == 2


def test_the_clock_is_an_axis_and_rows_of_before_it_have_none() -> None:
    clocked = {**columns(3, 4, loss=[1, 2]), "time_s": np.array([0.5, 0.75])}
    back = rows.join([columns(1, 2, loss=[8, 9]), rows.decode(rows.encode(clocked))])
    assert rows.as_json(back)["time_s"] == [None, None, 0.5, 0.75]
    assert list(rows.decode(rows.encode(clocked)))[:2] == ["step", "time_s"]
    many = {"step": np.arange(1_000), "time_s": np.linspace(0, 1, 1_000) ** 2, "loss": np.arange(1_000.0)}
    assert len(rows.thin(many, 50)["step"]) <= 52


def test_csv() -> None:
    text = rows.as_csv({"step": np.array([1, 2]), "=cmd,x": np.array([0.5, math.nan])})
    assert text == 'step,"\'=cmd,x"\r\n1,0.5\r\n2,\r\n'
