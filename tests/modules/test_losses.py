"""The losses against torch's and scikit-learn's own."""

import pytest
import torch
from sklearn import metrics
from torch.nn import functional as F

from models.modules import losses


def scores(outputs, size=9):
    generator = torch.Generator().manual_seed(3)
    z = 2 * torch.randn(outputs, size, generator=generator)
    return z, torch.randint(max(2, outputs), (size,), generator=generator)


def test_cross_entropy_of_one_and_of_several_scores():
    z, y = scores(1)
    mine = losses.named("cross-entropy", 1, False).values(z, y[None].float())
    torch.testing.assert_close(mine, F.binary_cross_entropy_with_logits(z[0], y.float(), reduction="none"))

    z, y = scores(4)
    mine = losses.named("cross-entropy", 4, False).values(z, F.one_hot(y, 4).t().float())
    torch.testing.assert_close(mine, F.cross_entropy(z.t(), y, reduction="none"))


def test_softmax_of_two_scores_is_the_logistic_loss_of_their_difference():
    z, y = scores(2)
    two = losses.named("cross-entropy", 2, False).values(z, F.one_hot(y, 2).t().float())
    one = losses.named("cross-entropy", 1, False).values(z[1:] - z[:1], y[None].float())

    torch.testing.assert_close(two, one)


@pytest.mark.parametrize("outputs", [1, 4])
def test_hinge_equals_scikit_learn(outputs):
    z, y = scores(outputs, 30)
    target = y[None].float() if outputs == 1 else F.one_hot(y, outputs).t().float()
    decision = z[0].numpy() if outputs == 1 else z.t().numpy()

    mine = losses.named("hinge", outputs, False).values(z, target).mean()

    truth = metrics.hinge_loss(y.numpy(), decision, labels=list(range(max(2, outputs))))
    assert float(mine) == pytest.approx(truth, rel=1e-5)  # float32


def test_squared_error_of_probabilities_is_half_the_brier_score():
    z, y = scores(1, 30)

    mine = losses.named("squared error", 1, False).values(z, y[None].float()).mean()

    assert float(mine) == pytest.approx(metrics.brier_score_loss(y.numpy(), torch.sigmoid(z[0]).numpy()) / 2, rel=1e-5)


@pytest.mark.parametrize("outputs", [1, 3])
def test_probabilities_add_up_to_one(outputs):
    p = losses.probabilities(scores(outputs)[0])

    assert p.shape == (max(2, outputs), 9)
    torch.testing.assert_close(p.sum(0), torch.ones(9))


def test_cross_entropy_stays_finite_where_the_exponential_does_not():
    z = torch.tensor([[200.0, -200.0]])
    values = losses.named("cross-entropy", 1, False).values(z, torch.tensor([[0.0, 1.0]]))

    torch.testing.assert_close(values, torch.tensor([200.0, 200.0]))  # −log σ(−200) = 200 to float32


@pytest.mark.parametrize("key", losses.LOSSES)
def test_the_value_does_not_depend_on_how_many_steps_stand_behind_one_another(key):
    z, y = scores(3 if key[0] == "softmax" else 1)
    y = F.one_hot(y, 3).t().float() if key[0] == "softmax" else y[None].float()

    stacked = losses.LOSSES[key].values(torch.stack([z, 2 * z]), y)

    torch.testing.assert_close(stacked, torch.stack([losses.LOSSES[key].values(k * z, y) for k in (1, 2)]))
