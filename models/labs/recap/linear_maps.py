"""Linear maps: what a 2 × 2 matrix does to the plane, and what a large one is made of.

Source: Strang (2016), Introduction to Linear Algebra; Eckart & Young (1936), Psychometrika 1.
"""

import math  # noqa: I001
from typing import Any

import torch
from torch import Tensor

from models.core import (
    Cell, Challenge, Choices, Curves, Equation, Field, Handle, Images, Lab, LabConfig, Matrix, Metric, Metrics, Point,
    Preset, Refused, Solution, Text, action, live, probe, setting, view,
)  # fmt: skip
from models.data import photograph
from models.modules import map_views
from models.modules.low_rank import Compression
from models.modules.plane_maps import angle_between, eigen, svd

MOVES_PER_STEP = 1 / 30
ENTRIES = [["a11", "a12"], ["a21", "a22"]]


def entry(default: float, label: str, help: str) -> Any:
    """A live entry of the matrix."""
    return live(default, ge=-3, le=3, step=0.05, group="Matrix", label=label, help=help)


class LinearMaps(Lab):
    """A matrix says where the two axes land; everything else follows."""

    title = "Linear maps"
    metrics = [Metric("turned", "Angle from x to Ax", "°"), Metric("stretch", "Length of Ax"),
               Metric("error", "Error of the picture", better="low")]  # fmt: skip
    max_steps, steps_per_second, evaluate_every = 3_000, 12, 1

    # fmt: off
    class Config(LabConfig):
        a11: float = entry(2.0, "A₁₁", "How much of e₁ there is in A e₁, the first column.")
        a12: float = entry(1.0, "A₁₂", "How much of e₁ there is in A e₂, the second column.")
        a21: float = entry(0.0, "A₂₁", "How much of e₂ there is in A e₁, the first column.")
        a22: float = entry(1.0, "A₂₂", "How much of e₂ there is in A e₂, the second column.")
        stride: float = live(3.0, ge=0.5, le=15, step=0.5, unit="°", group="Demonstration", label="x goes on by",
                             help="How far x goes along its circle in one step.")
        picture: photograph.Name = setting("china", group="Photograph", options=photograph.LABELS,
                                           help="What is to be kept with few numbers.")
        rank: int = live(8, ge=0, le=min(photograph.SHAPE), group="Photograph", label="Rank k",
                         help="How many outer products σᵢuᵢvᵢᵀ the picture is made of.")

    presets = [
        Preset("What is not turned", "Eigenvectors are the directions it does not turn."),
        Preset("A symmetric one", "Its eigenlines are at right angles.", a11=2.0, a12=1.0, a21=1.0, a22=1.0),
        Preset("A rotation", "Every direction is turned: no real eigenvector.", a11=0.0, a12=-1.0, a21=1.0, a22=0.0),
        Preset("A shear", "Defective: one eigenline, counted twice.", a11=1.0, a12=1.0, a21=0.0, a22=1.0),
        Preset("A mirror", "Its area is negative: the plane is turned over.", a11=0.0, a12=1.0, a21=1.0, a22=0.0),
        Preset("Break it: singular", "The plane falls onto a line.", a11=1.0, a12=2.0, a21=0.5, a22=1.0),
        Preset("Break it: zero", "Everything goes to nothing.", a11=0.0, a12=0.0, a21=0.0, a22=0.0),
        Preset("The flower", "A softer picture needs fewer numbers, or does it?", picture="flower", rank=8),
    ]
    challenges = [
        Challenge("no-real-eigenvector", "Find a matrix with no real eigenvector.",
                  passed=lambda lab, metrics: eigen(lab.matrix).kind == "none",
                  solution=Solution({"a11": 0.0, "a12": -1.0, "a21": 1.0, "a22": 0.0}, steps=1)),
        Challenge("ten-per-cent", "The temple: an error of at most 10 % with the fewest numbers.",
                  fixed={"picture": "china"}, passed=lambda lab, metrics: lab.config.rank == lab.photo.least(0.1),
                  solution=Solution({"rank": 12}, steps=1)),
        Challenge("defective", "Find a matrix with one eigenline only, and with both eigenvalues 2.",
                  passed=lambda lab, metrics: (found := eigen(lab.matrix)).kind == "one line"
                  and abs(found.values[0] - 2) < 1e-6,
                  solution=Solution({"a11": 2.0, "a12": 1.0, "a21": 0.0, "a22": 2.0}, steps=1)),
    ]
    # fmt: on

    def __init__(self, config: Config, device: torch.device, generator: torch.Generator) -> None:
        self.angle = 60.0  # of x, in degrees
        self.moves = 0.0  # of the SVD: 0 … 3, and a rest up to 4
        self.photo = Compression(photograph.load(config.picture))

    @property
    def matrix(self) -> Tensor:
        """A (2, 2): its columns are where e₁ and e₂ land."""
        config = self.config
        return torch.tensor([[config.a11, config.a12], [config.a21, config.a22]], dtype=torch.float64)

    @property
    def x(self) -> Tensor:
        """The unit vector on its circle (2,)."""
        angle = math.radians(self.angle)
        return torch.tensor([math.cos(angle), math.sin(angle)], dtype=torch.float64)

    def step(self) -> Metrics:
        """x goes on along its circle, and the three moves of the SVD go on."""
        self.angle = (self.angle + self.config.stride) % 360
        self.moves = (self.moves + MOVES_PER_STEP) % 4
        move = map_views.describe(svd(self.matrix), self.moves) if self.moves < 3 else "A = UΣVᵀ"
        self.phase = f"SVD: {move}"
        return self.evaluate()

    def evaluate(self) -> Metrics:
        """How x is turned and stretched; the error of the picture at its rank."""
        image = self.matrix @ self.x
        turned = angle_between(self.x, image)
        found: Metrics = {} if turned is None else {"turned": turned}
        return found | {"stretch": float(image.norm()), "error": float(self.photo.errors[self.config.rank])}

    @action("Drag a column")
    def drag_column(self, to: Handle) -> dict[str, float]:
        """A column of A goes elsewhere, to a multiple of 0.05."""
        if to.id not in ("column1", "column2"):
            raise Refused(f"There is no column {to.id!r}: the arrows A e₁ and A e₂ can be dragged.")
        at = to.id[-1]
        near = [min(max(round(20 * value) / 20, -3.0), 3.0) for value in (to.x, to.y)]
        return {f"a1{at}": near[0], f"a2{at}": near[1]}

    @action("Type an entry")
    def set_entry(self, cell: Cell) -> dict[str, float]:
        """An entry of A, from −3 to 3."""
        if cell.row > 1 or cell.column > 1:
            raise Refused("A has two rows and two columns.")
        if cell.value is None or not -3 <= cell.value <= 3:
            raise Refused("An entry lies between −3 and 3.")
        return {ENTRIES[cell.row][cell.column]: cell.value}

    @probe("Where a place goes")
    def image(self, at: Point) -> Equation:
        """A times this place."""
        return map_views.moment(self.matrix, torch.tensor([at.x, at.y], dtype=torch.float64))

    @view("x goes round, Ax beside it", stage=True, ask="image", edit="drag_column")
    def plane(self) -> Field:
        """The grid as A bends it, the unit square with its signed area, x and Ax. Drag the columns A e₁ and A e₂."""
        return map_views.plane(self.matrix, self.x)

    @view("This moment")
    def moment(self) -> Equation:
        """Ax in numbers."""
        return map_views.moment(self.matrix, self.x)

    @view("What kind of map")
    def facts(self) -> Text:
        """What is true of this matrix."""
        return Text.of(*map_views.facts(self.matrix))

    @view("A", edit="set_entry")
    def entries(self) -> Matrix:
        """The matrix. Type another number."""
        return Matrix(values=self.matrix, rows=["", ""], columns=["A e₁", "A e₂"], signed=True, editable=True)

    @view("Eigenvalues and singular values")
    def spectrum(self) -> Equation:
        """The characteristic polynomial, its roots, and the half-axes of the ellipse."""
        return map_views.spectrum(self.matrix)

    @view("SVD: turn, scale, turn")
    def svd_moves(self) -> Field:
        """A = UΣVᵀ as three moves, one after the other; the last may be a reflection too."""
        return map_views.moves(self.matrix, min(self.moves, 3.0))

    @view("A photograph of rank k")
    def photograph(self) -> Choices[Images]:
        """The nearest picture that is a sum of k outer products; the photograph itself; and what is missing."""
        return Choices.of(map_views.compressed(self.photo, self.config.rank))

    @view("Error against rank")
    def errors(self) -> Curves:
        """How far the nearest picture of each rank is away; right of the last rule it keeps more numbers, not fewer."""
        return map_views.errors(self.photo, self.config.rank)
