"""Vectors in words, in LaTeX and as arrows, by hand."""

import torch

from models.modules.vectors import added, column, numeral, slots, written


def test_a_vector_is_written_with_a_true_minus() -> None:
    assert written(torch.tensor([1.0, -2.5])) == "(1.00, −2.50)"
    assert written(torch.tensor([0.25]), 1) == "(0.2)"


def test_a_column_has_a_slot_for_each_number() -> None:
    assert column("w", 2) == r"\begin{pmatrix}\slot{w0}\\\slot{w1}\end{pmatrix}"
    assert slots(w=torch.tensor([1.0, 2.0])) == {"w0": 1.0, "w1": 2.0}


def test_arrows_go_tip_to_tail_and_the_point_is_drawn_where_it_is() -> None:
    before, step = torch.tensor([1.0, 2.0]), torch.tensor([-3.0, 1.0])
    arrows = {arrow.id: arrow for arrow in added(before, step, plus=False, reach=5)}
    assert (arrows["before"].dx, arrows["before"].dy) == (1, 2)
    assert (arrows["step"].x, arrows["step"].y, arrows["step"].dx, arrows["step"].dy) == (1, 2, -3, 1)
    assert (arrows["after"].dx, arrows["after"].dy) == (-2, 3)
    assert (arrows["point"].dx, arrows["point"].dy) == (3, -1)  # the step is −x
    assert arrows["sign"].label == "− x"


def test_long_arrows_shrink_by_halves_and_say_so() -> None:
    arrows = {
        arrow.id: arrow for arrow in added(torch.tensor([16.0, 0.0]), torch.tensor([2.0, 0.0]), plus=True, reach=5)
    }
    assert arrows["after"].dx == 18 / 4
    assert arrows["after"].label == "¼ w′"
    assert arrows["point"].dx == 2


def test_the_first_step_is_the_whole_of_w_and_nothing_is_drawn_of_nothing() -> None:
    (arrow,) = added(torch.zeros(2), torch.tensor([-1.0, 2.0]), plus=True, reach=5)
    assert arrow.label == "w′ = 0 + x"
    assert added(torch.zeros(2), torch.zeros(2), plus=True, reach=5) == []


def test_a_number_keeps_the_digits_that_count() -> None:
    assert [numeral(value) for value in (0.3469, -12.5, 2823.4, 1e-12)] == [
        "0.3469",
        "−12.50",
        "2823",
        "1.000·10⁻¹²",
    ]
    assert numeral(1.2e-13, 1) == "1·10⁻¹³"
    assert numeral(2e7, 3) == "2.00·10⁷"
