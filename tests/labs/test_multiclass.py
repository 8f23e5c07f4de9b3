"""Multi-class models against scikit-learn, autograd and the logistic regression next door; what bad data are told."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression as Reference
from sklearn.linear_model import Ridge
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier

from models.core import frames
from models.core.errors import InvalidConfig, Refused
from models.core.lab import Finished, build
from models.core.session import Session
from models.labs.linear.multiclass import Multiclass
from models.modules import logistic, multiclass
from tests.core.drive import forward

SOLVER = 2e-4
"""scikit-learn's L-BFGS stops at a gradient of 1e-9 here, this descent is run until it stands as still."""
TWO = {"data": "gaussians", "classes": 2, "n": 40, "noise": 0.3}
MODELS = ("softmax", "perceptron", "one-vs-rest", "one-vs-one")


def trained(steps: int, seed: int = 0, **config: object) -> Multiclass:
    lab = build(Multiclass, Multiclass.Config.read(config), seed)
    for _ in range(steps):
        lab.step()
    return lab


def reference(penalty: float) -> Reference:
    return Reference(C=1 / (2 * penalty), tol=1e-9, max_iter=20_000)


# ---------------------------------------------------------------- two classes are logistic regression


@pytest.mark.parametrize("stride", ["point", "batch", "all"])
@pytest.mark.parametrize("penalty", [0.0, 3.0])
def test_softmax_with_two_classes_is_logistic_regression_step_for_step(stride: str, penalty: float) -> None:
    lab = trained(0, **TWO, stride=stride, penalty=penalty, learning_rate=0.2)
    w, n = torch.zeros(3, dtype=torch.float64), len(lab.y)
    for _ in range(50):
        rows = lab.order[lab.place : lab.place + lab.examples_per_step]
        x, y = lab.x[rows], lab.y[rows].double()
        share = penalty / 2 * len(rows) / n  # λ_logistic = λ/2, of which these rows bear their part
        w = w - 2 * 0.2 * logistic.gradient(x, y, w, share) / len(rows)  # η_logistic = 2η
        lab.step()
        assert (lab.w[1] - lab.w[0]).numpy() == pytest.approx(w.numpy(), abs=1e-12)  # float64, 50 steps of rounding


# ---------------------------------------------------------------- the true update and the printed one


@pytest.mark.parametrize(("model", "binary"), [
    ("softmax", "logistic"), ("one-vs-rest", "logistic"), ("one-vs-rest", "squared error"), ("one-vs-one", "logistic"),
    ("one-vs-one", "squared error"),
])  # fmt: skip
def test_a_look_is_a_step_of_torchs_sgd(model: str, binary: str) -> None:
    lab = trained(3, model=model, binary=binary, penalty=0.5)
    for _ in range(5):
        w, n = lab.w.clone().requires_grad_(), int(lab.order[lab.place])
        loss = _loss(lab.x[n] @ w.T, int(lab.y[n]), model, binary)
        (loss + 0.5 / len(lab.y) * w[:, :-1].square().sum()).backward()
        expected = w.detach() - 0.05 * w.grad
        lab.step()
        assert lab.w.numpy() == pytest.approx(expected.numpy(), abs=1e-12)


def _loss(z: torch.Tensor, y: int, model: str, binary: str) -> torch.Tensor:
    """Written out by torch's own losses."""
    if model == "softmax":
        return torch.nn.functional.cross_entropy(z, torch.tensor(y))
    questions = multiclass.pairs(4) if model == "one-vs-one" else [(None, k) for k in range(4)]
    total = torch.zeros(())
    for at, (a, b) in enumerate(questions):
        if a is not None and y not in (a, b):
            continue
        target = torch.tensor(float(y == b)).double()
        if binary == "logistic":
            total = total + torch.nn.functional.binary_cross_entropy_with_logits(z[at], target)
        else:
            total = total + 0.5 * torch.nn.functional.mse_loss(z[at], target - 0.5)
    return total


def test_the_update_as_printed_never_moves_and_the_true_one_does() -> None:
    for classes in range(2, 9):
        still = trained(40, classes=classes, rule="as printed")
        assert not still.w.any(), "η x − η ΣP x is exactly zero"
        assert trained(1, classes=classes).w.any()
    session = Session(Multiclass)
    forward(session, 30)
    w = session.lab.w.clone()
    session.tune({"rule": "as printed"})
    forward(session, 30)
    assert torch.equal(session.lab.w, w)
    assert any(line.tone == "bad" for line in session.look("standing").lines)
    session.tune({"rule": "true"})
    forward(session, 1)
    assert not torch.equal(session.lab.w, w)


# ---------------------------------------------------------------- scikit-learn


@pytest.mark.parametrize(("penalty", "steps"), [(1.0, 1_500), (5.0, 400)])
def test_softmax_descends_to_scikit_learns_multinomial_regression(penalty: float, steps: int) -> None:
    lab = trained(steps, noise=0.3, stride="all", learning_rate=0.5, penalty=penalty)
    fitted = reference(penalty).fit(lab.x[:, :-1].numpy(), lab.y.numpy())
    bias = fitted.intercept_ - fitted.intercept_.mean()  # only differences of biases count
    assert lab.w[:, :-1].numpy() == pytest.approx(fitted.coef_, abs=SOLVER)
    assert lab.w[:, -1].numpy() == pytest.approx(bias, abs=SOLVER)


@pytest.mark.parametrize(
    ("model", "wrapper"), [("one-vs-rest", OneVsRestClassifier), ("one-vs-one", OneVsOneClassifier)]
)
def test_binary_questions_end_as_scikit_learns_do(model: str, wrapper: type) -> None:
    lab = trained(2_000, noise=0.3, model=model, stride="all", learning_rate=0.5, penalty=5.0)
    fitted = wrapper(reference(5.0)).fit(lab.x[:, :-1].numpy(), lab.y.numpy())
    theirs = np.array([np.append(each.coef_[0], each.intercept_[0]) for each in fitted.estimators_])
    assert lab.w.numpy() == pytest.approx(theirs, abs=SOLVER)
    rows = lab.design(lab.sample.test_x)
    high = multiclass.height(rows @ lab.w.T, 4, model).numpy()
    assert high == pytest.approx(fitted.decision_function(lab.sample.test_x.numpy()), abs=1e-3)  # SOLVER · ‖x‖
    guess = multiclass.decide(rows @ lab.w.T, 4, model).numpy()
    assert (guess == fitted.predict(lab.sample.test_x.numpy())).mean() > 0.998  # but for points on a border


# ---------------------------------------------------------------- the perceptron


def hard_margin(x: np.ndarray, y: np.ndarray, classes: int) -> float:
    """γ by scipy's quadratic programming: minimise ‖u‖² with every row of Kesler's at 1 or more; γ = 1/‖u‖."""
    rows = []
    for point, own in zip(x, y, strict=True):
        for other in range(classes):
            if other != own:
                row = np.zeros((classes, len(point)))
                row[own], row[other] = point, -point
                rows.append(row.ravel())
    signed = np.array(rows)
    found = minimize(
        lambda u: 0.5 * u @ u, np.zeros(signed.shape[1]), jac=lambda u: u, method="SLSQP",
        constraints={"type": "ineq", "fun": lambda u: signed @ u - 1, "jac": lambda u: signed},
        options={"maxiter": 500, "ftol": 1e-12},
    )  # fmt: skip
    assert found.success, found.message
    return 1 / float(np.linalg.norm(found.x))


@pytest.mark.parametrize("seed", range(3))
def test_the_perceptron_settles_within_its_bound(seed: int) -> None:
    session = Session(Multiclass, {"model": "perceptron", "n": 24, "noise": 0.05, "stride": "all"}, seed=seed)
    forward(session, 500)
    lab = session.lab
    gamma = hard_margin(lab.x.numpy(), lab.y.numpy(), 4)
    assert lab.gamma == pytest.approx(gamma, rel=1e-4)  # SLSQP's tolerance
    bound = 2 * float(lab.x.norm(dim=1).max()) ** 2 / gamma**2
    assert lab.allowed == pytest.approx(bound, rel=1e-3)
    assert 0 < lab.mistakes <= bound
    with pytest.raises(Finished, match="No mistake in a whole pass"):
        lab.step()
    z = lab.x @ lab.w.T
    assert (z.argmax(1) == lab.y).all()


def test_a_mistake_moves_two_planes_by_the_point_and_nothing_else_moves() -> None:
    lab = trained(0, model="perceptron")
    for _ in range(60):
        before, n = lab.w.clone(), int(lab.order[lab.place])
        z, y = (lab.x[n] @ lab.w.T).numpy(), int(lab.y[n])
        others = np.where(np.arange(4) == y, -np.inf, z)
        expected = before.clone()
        if others.max() >= z[y]:
            expected[y] += lab.x[n]
            expected[int(others.argmax())] -= lab.x[n]
        lab.step()
        assert torch.equal(lab.w, expected)


def test_a_tie_at_zero_is_a_mistake() -> None:
    for seed in range(4):
        assert trained(1, seed, model="perceptron").mistakes == 1
    assert trained(0).evaluate()["train_accuracy"] == 0


def test_a_pass_is_the_same_as_its_points_one_by_one() -> None:
    one, whole = trained(40, model="perceptron", n=40, noise=0.4), trained(1, model="perceptron", n=40, noise=0.4,
                                                                           stride="all")  # fmt: skip
    assert torch.equal(one.w, whole.w)
    assert (one.mistakes, one.clean) == (whole.mistakes, whole.clean)


# ---------------------------------------------------------------- three clusters on a line


def test_one_against_the_rest_fails_on_three_clusters_on_a_line_and_softmax_does_not() -> None:
    config = {"data": "row", "classes": 3, "n": 60, "stride": "all", "learning_rate": 0.2, "binary": "squared error"}
    lab = trained(500, **config, beside="one-vs-rest")
    found = lab.fresh()
    assert found["test_accuracy"] >= 0.97
    assert found["test_accuracy.beside"] < 0.8
    x, y, test_x, test_y = (t.numpy() for t in (lab.x[:, :-1], lab.y, lab.sample.test_x, lab.sample.test_y))
    masked = Ridge(alpha=0).fit(x, np.eye(3)[y])  # the optimum of the same questions, by its formula
    assert lab.by_other[:, :-1].numpy() == pytest.approx(masked.coef_, abs=1e-6)
    assert lab.by_other[:, -1].numpy() == pytest.approx(masked.intercept_ - 0.5, abs=1e-6)
    assert (masked.predict(test_x).argmax(1) == test_y).mean() < 0.8


def test_without_dragging_no_number_of_passes_helps_one_against_the_rest() -> None:
    challenge = next(each for each in Multiclass.challenges if each.id == "off-the-line")
    session = Session(Multiclass, {**challenge.fixed, "stride": "all", "learning_rate": 0.1})
    forward(session, 1_000)
    assert challenge.id not in session.passed


# ---------------------------------------------------------------- figures, tables, bad input


def test_digits_have_pictures_of_weights_with_every_pixel_in_its_place() -> None:
    lab = trained(5, data="table", table="digits", stride="all", learning_rate=0.5)
    pictures = lab.weights().images
    assert pictures.shape == (10, 8, 8)
    at = lab.sample.names.index("pixel (3, 5)")
    assert torch.equal(pictures[:, 3, 5], lab.w[:, at])
    assert not pictures[:, 0, 0].any()  # that pixel is blank in every digit
    counts = lab.confusion().values
    assert counts.sum() == len(lab.sample.test_y)
    right = multiclass.decide(lab.design(lab.sample.test_x) @ lab.w.T, 10, "softmax") == lab.sample.test_y
    assert counts.diagonal().sum() == right.sum()


def test_two_columns_stand_in_their_units() -> None:
    config = {"data": "table", "table": "penguins", "inputs": ["bill_length", "flipper_length"]}
    lab = trained(20, **config, stride="batch", learning_rate=0.2)
    places = lab.sample.place(lab.rows)
    assert 30 < places[:, 0].min() < places[:, 0].max() < 61  # mm
    assert 170 < places[:, 1].min() < places[:, 1].max() < 233
    assert lab.sample.lift(places).numpy() == pytest.approx(lab.rows.numpy(), abs=1e-9)
    assert lab.heights(places).numpy() == pytest.approx((lab.x @ lab.w.T).numpy(), abs=1e-9)
    assert (lab.above().x.unit, lab.above().y.unit) == ("mm", "mm")


def test_the_cut_through_four_columns_is_flat_and_goes_through_the_mean() -> None:
    lab = trained(20, data="table", table="iris", stride="batch")
    corners = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]).double()
    rows = lab.sample.lift(corners)
    assert rows[0].abs().max() == 0  # standardised: the mean
    assert (rows[3] - rows[1] - rows[2]).abs().max() < 1e-12
    assert lab.sample.place(rows).numpy() == pytest.approx(corners.numpy(), abs=1e-12)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("config", [
    {"data": "yours"}, {"data": "yours", "points": [[1, 1, 1]]}, {"data": "yours", "points": [[1, 1, 0]] * 3},
    {"data": "yours", "points": [[1, 1, 0], [1, 1, 1], [1, 1, 2]]}, {"data": "yours", "points": [[0, 0, 7]]},
    {"n": 1}, {"n": 3, "classes": 8}, {"data": "yours", "classes": 2, "points": [[0, 0, 0], [0, 0, 1]] * 5},
])  # fmt: skip
def test_poor_data_give_a_sentence_and_no_nan(config: dict, model: str) -> None:
    session = Session(Multiclass, {**config, "model": model, "learning_rate": 1.0})
    forward(session, 30)
    assert torch.isfinite(session.lab.w).all()
    assert session.look("standing").lines
    for name in Multiclass.methods("view"):
        figure, _ = frames.decode(session.frame(name))
        assert "NaN" not in str(frames.to_json(figure))
    said = " ".join(line.text for line in session.look("standing").lines)
    labels = {point[2] for point in config.get("points", []) if point[2] < config.get("classes", 4)}
    if config.get("data") == "yours" and not labels:
        assert "There are no points yet" in said
    elif len(labels) == 1 or config.get("n") == 1:
        assert "All points are of one class" in said
    elif labels:
        assert "lie at one place" in said
    else:
        assert "No points of" in said


def test_what_cannot_be_is_refused_beside_its_field() -> None:
    problems = Multiclass.Config(data="table", table="iris", inputs=["petal_length"]).summary().problems
    assert [problem["field"] for problem in problems] == ["inputs"]
    with pytest.raises(InvalidConfig):
        Session(Multiclass, {"data": "table", "table": "0123456789abcdef"})
    with pytest.raises(Refused):
        Session(Multiclass, {"data": "table"}).act("move_point", {"index": 0, "x": 0.0, "y": 0.0})
    with pytest.raises(Refused):
        Session(Multiclass).act("move_point", {"index": 80, "x": 0.0, "y": 0.0})


def test_a_dragged_and_a_painted_point_are_learned_from() -> None:
    session = Session(Multiclass, {"model": "perceptron", "n": 20})
    before = session.lab.gamma
    session.act("move_point", {"index": 3, "x": 5.5, "y": -60.0})
    assert session.lab.rows[3].tolist() == [5.5, -6.0]
    assert session.lab.gamma != before
    session.tune({"points": [[1.0, 2.0, 3], [0.0, 0.0, 7]]})  # there is no class 7
    assert session.lab.x[-1].tolist() == [1.0, 2.0, 1.0]
    assert len(session.lab.y) == 21
