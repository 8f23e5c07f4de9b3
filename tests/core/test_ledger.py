"""Rows of metrics, and what is said when a loss is not finite."""

import math

import torch

from models.core.ledger import Ledger


def test_rows_become_equal_length_columns() -> None:
    ledger = Ledger()
    ledger.add(1, {"train_loss": torch.tensor(0.5)}, 0.1)
    ledger.add(2, {"train_loss": torch.tensor(0.25), "extra": 3}, 0.2)
    columns, times, problem = ledger.take(hold=False)
    assert times == [0.1, 0.2]
    assert problem is None
    assert columns["step"] == [1, 2]
    assert columns["train_loss"] == [0.5, 0.25]
    assert math.isnan(columns["extra"][0])
    assert columns["extra"][1] == 3
    assert ledger.take(hold=False) == ({}, [], None)


def test_the_newest_row_can_wait_for_an_evaluation() -> None:
    ledger = Ledger()
    ledger.add(1, {"train_loss": 1.0}, 0.1)
    ledger.add(2, {"train_loss": 2.0}, 0.2)
    assert ledger.take(hold=True)[0]["step"] == [1]
    assert ledger.open_at(2)
    assert ledger.merge(2, {"test_loss": 5.0}, 0.9) == {"train_loss": 2.0, "test_loss": 5.0}
    columns, times, _ = ledger.take(hold=False)
    assert columns == {"step": [2], "train_loss": [2.0], "test_loss": [5.0]}
    assert times == [0.2]
    assert not ledger.open_at(2)


def test_rows_from_the_first_that_is_not_finite_on_are_not_recorded() -> None:
    ledger = Ledger()
    for step, loss in enumerate([1.0, 10.0, 100.0, math.inf, math.nan], start=1):
        ledger.add(step, {"train_loss": loss, "free": math.nan}, step / 10)
    columns, times, problem = ledger.take(hold=False)
    assert columns["train_loss"] == [1, 10, 100]
    assert times == [0.1, 0.2, 0.3]
    assert problem is not None
    assert problem["step"] == 3
    assert problem["details"]["losses"] == [1, 10, 100]
    assert "train loss is not a finite number at step 4; step 3 was the last finite one" in problem["message"]
