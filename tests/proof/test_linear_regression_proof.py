"""What the syllabus promises of linear regression, at full size."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression as ScikitRegression

from models.core.session import Session
from models.data import diabetes
from models.labs.linear.linear_regression import LinearRegression
from tests.core.drive import forward

pytestmark = pytest.mark.proof


def play(steps: int, seed: int, **config: object) -> Session:
    session = Session(LinearRegression, config, seed=seed, max_steps=1_000_000)
    forward(session, steps)
    return session


@pytest.mark.parametrize("measurement", list(diabetes.MEASUREMENTS))
@pytest.mark.parametrize("standardise", [False, True])
def test_every_measurement_of_diabetes_equals_scikit_learn_to_1e_8(measurement: str, standardise: bool) -> None:
    for seed in range(5):
        lab = play(0, seed, data="diabetes", measurement=measurement, standardise=standardise).lab
        theirs = ScikitRegression().fit(lab.sample.x[:, :-1].numpy(), lab.sample.y.numpy())
        np.testing.assert_allclose(lab.best.numpy(), [*theirs.coef_, theirs.intercept_], rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("seed", range(3))
def test_descent_reaches_the_closed_form_of_all_ten_measurements(seed: int) -> None:
    session = play(200_000, seed, data="diabetes, all ten", standardise=True, learning_rate=0.2)
    assert session.status == "finished"
    np.testing.assert_allclose(session.lab.theta.numpy(), session.lab.best.numpy(), rtol=1e-5, atol=1e-5)
    assert session.lab.excess() < 1e-8


@pytest.mark.parametrize("seed", range(5))
def test_descent_reaches_the_closed_form_at_the_default(seed: int) -> None:
    session = play(3_000, seed)
    assert session.status == "finished"
    np.testing.assert_allclose(session.lab.theta.numpy(), session.lab.best.numpy(), atol=1e-7)
