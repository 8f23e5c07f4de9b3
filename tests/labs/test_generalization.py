"""Generalization: what is fitted, how it is judged, and what has no answer."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LinearRegression as ScikitRegression
from sklearn.model_selection import cross_val_score

from models.core.errors import InvalidConfig, Refused
from models.core.session import Session
from models.labs.recap.generalization import Generalization
from tests.core.drive import Rows, forward


def play(steps: int = 0, *, seed: int = 0, **config: object) -> tuple[Session, Rows]:
    session = Session(Generalization, config, seed=seed, max_steps=100_000)
    return session, forward(session, steps)


def words(session: Session) -> str:
    return " ".join(line.text for line in session.look("standing").lines)


def test_training_error_only_falls_and_test_error_turns() -> None:
    session, rows = play(14 * 8)
    train, validation, test = session.lab.tally.means().T.numpy()
    assert (np.diff(train) < 0).all()  # every degree has the same samples, so it can only fit them better
    best = int(np.argmin(test))
    assert 2 <= best <= 8  # degrees 3 to 9
    assert test[0] > 2 * test[best]
    assert test[13] > 5 * test[best]
    assert validation[13] > validation[best]
    assert [int(degree) for degree in rows["setting"][1:18]] == [1] * 8 + [2] * 8 + [3]
    assert session.lab.steps_per_second == 8  # the sweep is seen in 14 seconds


def test_a_fit_is_numpys_on_the_points_that_are_shown() -> None:
    session, rows = play(8 * 4 + 3)
    x, y = session.lab.shown.T.numpy()
    theirs = np.polynomial.Polynomial.fit(x, y, 5)
    np.testing.assert_allclose(session.lab.fan[-1].numpy(), theirs(3 * session.lab.u.numpy()), atol=1e-9)
    assert rows["train_loss"][-1] == pytest.approx(float(np.mean((theirs(x) - y) ** 2)))


def test_half_of_the_refits_predict_the_other_half() -> None:
    session, _ = play(240, hold=4)
    lab = session.lab
    predicted = float(lab.tally.decomposed(lab.target, half=0)[3].sum()) + 0.25
    mean, error = lab.tally.measured(1)[3].tolist()
    other = float(lab.tally.measured(0)[3, 1])
    assert abs(predicted - mean) < 3 * (error**2 + other**2) ** 0.5  # both halves have an error of their own
    assert error < 0.05 * mean


def test_cross_validation_is_scikit_learns() -> None:
    session, rows = play(5 * 3, experiment="k-fold", n=30)
    lab = session.lab
    u, y = lab.rows[:, 0].numpy() / 3, lab.rows[:, 1].numpy()
    splits = []
    for part in range(5):
        out = lab.order[part::5].numpy()
        splits.append((np.setdiff1d(np.arange(30), out), out))
    model = ScikitRegression()
    for degree in (1, 2, 3):
        powers = u[:, None] ** np.arange(1, degree + 1)
        theirs = -cross_val_score(model, powers, y, cv=splits, scoring="neg_mean_squared_error")
        np.testing.assert_allclose(lab.held_out[degree - 1].numpy(), theirs, atol=1e-9)
        np.testing.assert_allclose(rows["validation_loss"][1 + 5 * (degree - 1) : 1 + 5 * degree], theirs, atol=1e-9)
    assert int(session.look("refits").held.sum()) == 6


def test_k_fold_ends_with_a_choice_and_leaving_one_out_is_k_of_n() -> None:
    session, _ = play(1_000, experiment="k-fold", n=12, folds=12)
    assert session.status == "finished"
    assert session.step == 12 * 14
    assert "12 folds choose degree" in session.message
    assert "leave-one-out" in words(session)
    assert int(session.lab.held.sum()) == 1


def test_the_double_descent_peaks_at_n_and_ridge_takes_the_peak_away() -> None:
    plain, _ = play(100, experiment="double descent", ridge=0.0)
    tamed, _ = play(100, experiment="double descent", ridge=0.1)
    assert plain.status == "finished"
    assert plain.lab.peak() == 20
    assert plain.lab.peak_height() > 5
    tests = plain.lab.tally.means()[:, 2]
    assert float(tests[-1]) < float(tests[0])  # it falls again, below where it began
    assert tamed.lab.peak_height() < 4
    assert "highest at p = 20" in plain.message


def test_with_more_weights_than_points_the_fit_is_exact_and_it_says_so() -> None:
    session, rows = play(8 * 7, n=6)
    assert rows["train_loss"][-1] < 1e-12
    assert "8 weights, 6 points" in words(session)
    assert bool(torch.isfinite(session.lab.fan).all())


@pytest.mark.parametrize("config", [{"n": 1}, {"n": 1, "experiment": "double descent", "ridge": 0.0}, {"noise": 0.0}])
def test_degenerate_samples_draw_numbers(config: dict) -> None:
    session, rows = play(30, **config)
    assert all(np.isfinite(value) for value in rows["train_loss"][1:])
    for view in Generalization.methods("view"):
        session.frame(view)


def test_more_folds_than_points_is_refused_beside_the_field() -> None:
    with pytest.raises(InvalidConfig, match="4 points cannot be cut into 5 folds"):
        Session(Generalization, {"experiment": "k-fold", "n": 4})
    Session(Generalization, {"experiment": "k-fold", "n": 5})


def test_own_points_are_folded_and_one_alone_cannot_be() -> None:
    session, _ = play(1, experiment="k-fold", truth="yours")
    assert session.status == "finished"
    assert "Paint some" in session.message
    session.tune({"points": [[0, 1, 0]]})
    forward(session, 1)
    assert "one point" in session.message
    session.tune({"points": [[0, 1, 0], [1, 2, 0], [2, 0, 1]]})
    rows = forward(session, 3)
    assert session.lab.every == 3  # k is at most the number of points
    assert np.isfinite(rows["validation_loss"]).all()
    assert "test_loss" not in rows
    assert [line.label for line in session.look("errors").lines] == ["train", "held-out"]


def test_a_table_is_cut_into_folds_in_its_units() -> None:
    config = {"experiment": "k-fold", "truth": "table", "table": "diabetes", "inputs": ["bmi"]}
    session, rows = play(5 * 2, **config)
    lab = session.lab
    splits = [(np.setdiff1d(np.arange(442), out := lab.order[part::5].numpy()), out) for part in range(5)]
    bmi = lab.rows[:, :1].numpy()
    for degree in (1, 2):
        powers = bmi ** np.arange(1, degree + 1)
        theirs = cross_val_score(
            ScikitRegression(), powers, lab.rows[:, 1], cv=splits, scoring="neg_mean_squared_error"
        )
        np.testing.assert_allclose(lab.held_out[degree - 1].numpy(), -theirs, rtol=1e-9)
    assert "test_loss" not in rows
    field = session.look("refits")
    assert (field.x.unit, field.y.label) == ("kg/m²", "disease progression after a year")
    assert "noise" not in words(session)


@pytest.mark.parametrize("truth", ["yours", "table"])
def test_a_single_sample_cannot_be_drawn_anew(truth: str) -> None:
    with pytest.raises(InvalidConfig, match="single sample"):
        Session(Generalization, {"truth": truth, "table": "diabetes", "inputs": ["bmi"]})


def test_a_point_can_be_dragged_where_the_sample_stays() -> None:
    session, _ = play(7, experiment="k-fold", n=10)
    session.act("move_point", {"index": 3, "x": 9.0, "y": -1.0})
    assert session.lab.rows[3].tolist() == [3.0, -1.0]
    assert session.lab.count == 0
    assert bool(session.lab.held_out.isnan().all())
    with pytest.raises(Refused, match="no point 10"):
        session.act("move_point", {"index": 10, "x": 0, "y": 0})
    other, _ = play(3)
    with pytest.raises(Refused, match="new sample"):
        other.act("move_point", {"index": 0, "x": 0, "y": 0})


def test_held_at_a_degree_it_stays_there() -> None:
    session, rows = play(20, hold=7)
    assert set(rows["setting"][1:]) == {7.0}
    session.tune({"hold": 2})
    forward(session, 1)
    assert session.lab.settings[session.lab.k] == 2
    assert len(session.lab.fan) == 1
