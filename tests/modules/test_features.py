"""Feature maps by hand."""

import torch

from models.modules.features import polynomial


def test_terms_stand_in_the_order_given_and_end_in_one() -> None:
    x = torch.tensor([[2.0, -3.0], [0.5, 4.0]])
    expected = torch.tensor([[2.0, -3.0, 4.0, 9.0, -6.0, 1.0], [0.5, 4.0, 0.25, 16.0, 2.0, 1.0]], dtype=torch.float64)
    torch.testing.assert_close(polynomial(x, "x, x², x₁x₂"), expected)


def test_no_points_have_no_features() -> None:
    assert polynomial(torch.empty(0, 2), "x").shape == (0, 3)
