"""Level lines against lines known in closed form."""

import torch

from models.modules.contour import zero_line

BOX = (-6.0, 6.0, -6.0, 6.0)


def test_the_line_of_a_linear_function_is_exact_with_one_cell() -> None:
    pieces = zero_line(lambda x: 2 * x[:, 0] + x[:, 1] - 1, BOX, cells=1)
    assert pieces.shape == (1, 4)
    ends = pieces.reshape(2, 2)
    torch.testing.assert_close(2 * ends[:, 0] + ends[:, 1], torch.ones(2))
    torch.testing.assert_close(ends[:, 1].sort().values, torch.tensor([-6.0, 6.0]))


def test_a_circle_is_walked_round() -> None:
    pieces = zero_line(lambda x: (x**2).sum(1) - 9, BOX)
    radii = pieces.reshape(-1, 2).norm(dim=1)
    torch.testing.assert_close(
        radii, torch.full_like(radii, 3.0), atol=0.01, rtol=0
    )  # half a cell squared over 8 radii
    length = (pieces[:, 2:] - pieces[:, :2]).norm(dim=1).sum()
    torch.testing.assert_close(length, torch.tensor(6 * torch.pi), atol=0.05, rtol=0)


def test_nothing_is_drawn_where_nothing_crosses() -> None:
    assert zero_line(lambda x: x[:, 0] + 100, BOX).shape == (0, 4)
    assert zero_line(lambda x: 0 * x[:, 0], BOX).shape == (0, 4)
