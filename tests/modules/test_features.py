"""Feature maps by hand."""

import numpy as np
import torch

from models.modules.features import basis, basis_names, polynomial


def test_terms_stand_in_the_order_given_and_end_in_one() -> None:
    x = torch.tensor([[2.0, -3.0], [0.5, 4.0]])
    expected = torch.tensor([[2.0, -3.0, 4.0, 9.0, -6.0, 1.0], [0.5, 4.0, 0.25, 16.0, 2.0, 1.0]], dtype=torch.float64)
    torch.testing.assert_close(polynomial(x, "x, x², x₁x₂"), expected)


def test_no_points_have_no_features() -> None:
    assert polynomial(torch.empty(0, 2), "x").shape == (0, 3)


def test_the_bases_of_one_x_are_what_their_names_say() -> None:
    u = torch.tensor([-1.0, 0.25, 1.0], dtype=torch.float64)
    powers = basis(u, "polynomial", 3)
    np.testing.assert_allclose(powers.numpy(), np.vander(u.numpy(), 4, increasing=True)[:, 1:])
    bumps = basis(u, "RBF", 5)
    assert bumps.argmax(1).tolist()[::2] == [0, 4]
    np.testing.assert_allclose(bumps[0].numpy(), np.exp(-0.5 * np.arange(5.0) ** 2))
    waves = basis(u, "Fourier", 4)
    np.testing.assert_allclose(waves[1].numpy(), [np.sin(np.pi / 4), np.cos(np.pi / 4), 1.0, 0.0], atol=1e-15)
    np.testing.assert_allclose(waves[0].numpy(), waves[2].numpy(), atol=1e-15)  # its period is the range of u


def test_a_single_bump_stands_in_the_middle_and_every_feature_has_a_name() -> None:
    assert basis(torch.zeros(1), "RBF", 1).tolist() == [[1.0]]
    assert basis_names("polynomial", 11)[-2:] == ["u¹⁰", "u¹¹"]
    assert basis_names("Fourier", 3) == ["sin πu", "cos πu", "sin 2πu"]
    for name in ("x", "polynomial", "RBF", "Fourier"):
        assert len(basis_names(name, 4)) == basis(torch.zeros(2), name, 4).shape[1]
