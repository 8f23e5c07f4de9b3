"""Eigenvalues, eigenlines and the three moves against numpy.linalg."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.modules.plane_maps import angle_between, eigen, moved, svd

entries = st.integers(-60, 60).map(lambda k: k / 20)
matrices = st.tuples(entries, entries, entries, entries).map(lambda m: np.array(m).reshape(2, 2))
EDGES = {
    "zero": [[0, 0], [0, 0]], "identity": [[1, 0], [0, 1]], "twice": [[2, 0], [0, 2]], "shear": [[1, 1], [0, 1]],
    "rotation": [[0, -1], [1, 0]], "mirror": [[0, 1], [1, 0]], "singular": [[1, 2], [0.5, 1]],
    "nilpotent": [[0, 1], [0, 0]],
}  # fmt: skip
each_edge = pytest.mark.parametrize("a", [np.array(m, dtype=float) for m in EDGES.values()], ids=list(EDGES))


def tensor(a: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(a.astype(float))


def check_eigen(a: np.ndarray) -> None:
    found, theirs = eigen(tensor(a)), np.linalg.eigvals(a)
    assert found.determinant == pytest.approx(np.linalg.det(a), abs=1e-12)
    if found.kind == "none":
        expected = sorted(theirs, key=lambda z: -z.imag)[0]
        assert complex(*found.values) == pytest.approx(expected)
        assert found.lines == ()
        return
    assert abs(theirs.imag).max() < 1e-6  # LAPACK splits a double root by the root of its rounding
    np.testing.assert_allclose(found.values, sorted(theirs.real, reverse=True), atol=1e-6)
    for value, line in zip(found.values, found.lines, strict=False):
        assert np.hypot(*line) == pytest.approx(1)
        np.testing.assert_allclose(a @ line, value * np.array(line), atol=1e-7)


def check_svd(a: np.ndarray) -> None:
    parts = svd(tensor(a))
    np.testing.assert_allclose(parts.sigma, np.linalg.svd(a, compute_uv=False), atol=1e-12)
    np.testing.assert_allclose(moved(parts, 3.0), a, atol=1e-12)
    turn = moved(parts, 1.0).numpy()
    np.testing.assert_allclose(turn @ turn.T, np.eye(2), atol=1e-12)
    assert np.linalg.det(turn) == pytest.approx(1)
    scaled = np.diag(parts.sigma) @ turn
    np.testing.assert_allclose(moved(parts, 2.0), scaled, atol=1e-12)
    assert abs(parts.phi) <= math.pi / 2 + 1e-12
    np.testing.assert_allclose(moved(parts, 0.0), np.eye(2), atol=1e-15)
    if abs(np.linalg.det(a)) > 1e-9:
        assert parts.reflects == (np.linalg.det(a) < 0)


@settings(max_examples=300, deadline=None)
@given(matrices)
def test_any_matrix(a: np.ndarray) -> None:
    check_eigen(a)
    check_svd(a)


@each_edge
def test_matrices_at_the_edge(a: np.ndarray) -> None:
    check_eigen(a)
    check_svd(a)


@pytest.mark.parametrize(
    ("name", "kind", "lines"),
    [("zero", "every direction", 0), ("twice", "every direction", 0), ("shear", "one line", 1), ("rotation", "none", 0),
     ("mirror", "two lines", 2), ("singular", "two lines", 2), ("nilpotent", "one line", 1)],
)  # fmt: skip
def test_how_many_eigenlines_there_are(name: str, kind: str, lines: int) -> None:
    found = eigen(tensor(np.array(EDGES[name])))
    assert (found.kind, len(found.lines)) == (kind, lines)


def test_an_angle_has_a_sign_and_may_not_exist() -> None:
    x = torch.tensor([1.0, 0.0])
    assert angle_between(x, torch.tensor([0.0, 2.0])) == pytest.approx(90)
    assert angle_between(x, torch.tensor([1.0, -1.0])) == pytest.approx(-45)
    assert angle_between(x, torch.zeros(2)) is None
