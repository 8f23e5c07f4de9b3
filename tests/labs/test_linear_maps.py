"""x goes round and Ax beside it; the columns in the user's hand; the photograph by its rank."""

import numpy as np
import pytest
import torch

from models.core.errors import Refused
from models.core.session import Session
from models.labs.recap.linear_maps import LinearMaps
from tests.core.drive import forward


def words(session: Session) -> str:
    return " ".join(line.text for line in session.look("facts").lines)


def matrix(a: float, b: float, c: float, d: float) -> dict[str, float]:
    return {"a11": a, "a12": b, "a21": c, "a22": d}


def test_in_one_turn_x_and_ax_align_four_times_along_two_lines() -> None:
    session = Session(LinearMaps)
    lit, crossings, before = [], 0, False
    for _ in range(120):
        forward(session, 1)
        now = [s.id for s in session.look("plane").segments if not s.dash]
        lit += now
        crossings += bool(now) and not before
        before = bool(now)
    assert crossings == 4
    assert set(lit) == {"eigen-0", "eigen-1"}
    assert session.lab.angle == pytest.approx(60)  # a whole turn, ten seconds at 12 steps a second


def test_where_they_align_the_page_says_by_how_much_it_is_stretched() -> None:
    session = Session(LinearMaps)
    forward(session, 25)  # from 60° to 135°: along (−1, 1)
    equation = session.look("moment")
    assert equation.values["l"] == pytest.approx(1)
    assert "only scaled" in equation.lines[-1].note
    forward(session, 5)
    assert "l" not in session.look("moment").values


def test_ax_is_numpys() -> None:
    session = Session(LinearMaps, matrix(0.5, -1.5, 2.0, 1.0))
    rows = forward(session, 7)
    a, x = np.array([[0.5, -1.5], [2.0, 1.0]]), session.lab.x.numpy()
    arrow = next(each for each in session.look("plane").arrows if each.id == "image")
    np.testing.assert_allclose([arrow.dx, arrow.dy], a @ x, atol=1e-12)
    assert rows["stretch"][-1] == pytest.approx(np.linalg.norm(a @ x))
    cosine = x @ a @ x / np.linalg.norm(a @ x)
    assert abs(rows["turned"][-1]) == pytest.approx(np.degrees(np.arccos(cosine)))


def test_the_shaded_area_is_the_determinant() -> None:
    for a in ([[2, 1], [0, 1]], [[0.5, 1.5], [1, -0.5]], [[1, 2], [0.5, 1]]):
        flat = np.array(a, dtype=float).reshape(-1).tolist()
        field = Session(LinearMaps, matrix(*flat)).look("plane")
        area = float(field.values.sum()) * 6.5**2 / field.values.numel()
        assert area == pytest.approx(np.linalg.det(a), abs=0.2)  # half a cell of 6.5/140 along the edges


@pytest.mark.parametrize(
    ("entries", "said"),
    [((0, 0, 0, 0), "The zero matrix"), ((1, 2, 0.5, 1), "Singular"), ((0, -1, 1, 0), "No real eigenvector"),
     ((1, 1, 0, 1), "Defective: λ = 1.00"), ((2, 0, 0, 2), "multiple of the identity"), ((0, 1, 1, 0), "turned over"),
     ((2, 1, 1, 2), "at right angles")],
)  # fmt: skip
def test_a_degenerate_matrix_has_a_true_sentence_and_no_nan(entries: tuple[float, ...], said: str) -> None:
    session = Session(LinearMaps, matrix(*map(float, entries)))
    rows = forward(session, 5)
    assert said in words(session)
    assert all(value == value for column in rows.values() for value in column if value is not None)
    for view in ("moment", "spectrum"):
        values = session.look(view).values
        assert all(np.isfinite(value) for value in values.values())


def test_what_goes_to_nothing_has_no_angle() -> None:
    session = Session(LinearMaps, matrix(0.0, 0.0, 0.0, 0.0))
    rows = forward(session, 3)
    assert "turned" not in rows
    assert rows["stretch"] == [0] * len(rows["stretch"])


def test_a_column_can_be_dragged_and_stays_a_setting() -> None:
    session = Session(LinearMaps)
    session.act("drag_column", {"id": "column2", "x": -1.23, "y": 9.0})
    assert session.lab.matrix.tolist() == [[2, -1.25], [0, 3]]
    assert session.edits[-1].name == "config"
    session.act("drag_column", {"id": "column1", "x": 0.51, "y": -0.49})
    assert session.lab.matrix.tolist() == [[0.5, -1.25], [-0.5, 3]]
    with pytest.raises(Refused, match="no column"):
        session.act("drag_column", {"id": "x", "x": 1, "y": 1})


def test_an_entry_can_be_typed() -> None:
    session = Session(LinearMaps)
    session.act("set_entry", {"row": 1, "column": 0, "value": -0.3})
    assert session.config.a21 == -0.3
    for cell in ({"row": 2, "column": 0, "value": 1}, {"row": 0, "column": 0, "value": 4}, {"row": 0, "column": 0}):
        with pytest.raises(Refused):
            session.act("set_entry", cell)


def test_three_moves_end_at_a() -> None:
    session = Session(LinearMaps, matrix(0.5, 1.5, 1.0, -0.5))
    phases = []
    for _ in range(100):
        forward(session, 1)
        phases.append(session.phase.split(" by ")[0])
    assert list(dict.fromkeys(phases)) == ["SVD: turn", "SVD: scale", "SVD: A = UΣVᵀ"]
    field = session.look("svd_moves")
    u, sigma, _ = np.linalg.svd([[0.5, 1.5], [1.0, -0.5]])
    for k, arrow in enumerate(field.arrows):
        tip = np.array([arrow.dx, arrow.dy])
        assert np.linalg.norm(tip) == pytest.approx(sigma[k])
        assert abs(tip @ u[:, k]) == pytest.approx(sigma[k])


def test_the_photograph_keeps_what_its_rank_says() -> None:
    session = Session(LinearMaps)
    session.tune({"rank": 12})
    rough, whole, missing = session.look("photograph").figures
    assert "k = 12: 4,272 numbers" in rough.captions[0]
    picture = whole.images.double()
    share = float(missing.images.double().norm() / picture.norm())
    assert share == pytest.approx(session.lab.evaluate()["error"], rel=1e-4)  # float32 pictures
    left = float((picture - session.lab.photo.at(12)).norm() / picture.norm())
    assert left == pytest.approx(share, rel=1e-4)
    assert float((rough.images - (picture - missing.images).clamp(0, 1)).abs().max()) < 1e-6
    assert session.lab.photo.least(0.1) == 12
    session.tune({"rank": 0})
    assert session.lab.evaluate()["error"] == 1
    assert all(torch.isfinite(figure.images).all() for figure in session.look("photograph").figures)


def test_the_probe_maps_a_place() -> None:
    (equation,) = Session(LinearMaps).ask("image", {"x": 1.0, "y": 2.0})
    assert [equation.values["y0"], equation.values["y1"]] == [4, 2]
    (nothing,) = Session(LinearMaps).ask("image", {"x": 0.0, "y": 0.0})
    assert "sent to nothing" in nothing.lines[-1].note
