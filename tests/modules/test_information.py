"""Entropies against scipy.stats, and what must hold of them for every pair of distributions."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from models.modules.information import cross_entropy, divergence, entropy, with_share

weights = st.lists(st.floats(0.001, 1), min_size=4, max_size=4)


def shares(values: list[float]) -> torch.Tensor:
    p = torch.tensor(values, dtype=torch.float64)
    return p / p.sum()


@settings(max_examples=200, deadline=None)
@given(weights, weights)
def test_they_are_scipys_and_kl_is_never_negative(first: list[float], second: list[float]) -> None:
    p, q = shares(first), shares(second)
    assert entropy(p) == pytest.approx(stats.entropy(p, base=2))
    assert divergence(p, q) == pytest.approx(stats.entropy(p, q, base=2), abs=1e-12)
    assert cross_entropy(p, q) == pytest.approx(entropy(p) + divergence(p, q))
    assert divergence(p, q) >= 0
    assert divergence(p, p) == 0
    if float((p - q).abs().sum()) > 1e-3:
        assert divergence(p, q) >= float((p - q).abs().sum()) ** 2 / (2 * math.log(2)) * (1 - 1e-9)  # Pinsker


def test_what_is_called_impossible_costs_without_end() -> None:
    p, q = torch.tensor([0.5, 0.5]).double(), torch.tensor([1.0, 0.0]).double()
    assert divergence(p, q) == cross_entropy(p, q) == math.inf
    assert divergence(q, p) == 1
    assert entropy(q) == 0


def test_one_share_is_set_and_the_others_make_room() -> None:
    p = torch.tensor([0.5, 0.25, 0.125, 0.125]).double()
    assert with_share(p, 0, 0.2).tolist() == pytest.approx([0.2, 0.4, 0.2, 0.2])
    assert with_share(p, 0, 7.0).tolist() == [1, 0, 0, 0]
    certain = torch.tensor([1.0, 0, 0, 0]).double()
    assert with_share(certain, 0, 0.4).tolist() == pytest.approx([0.4, 0.2, 0.2, 0.2])
    assert with_share(certain, 0, 0.0).tolist() == pytest.approx([0, 1 / 3, 1 / 3, 1 / 3])
