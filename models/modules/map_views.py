"""Figures of a linear map of the plane, and of a picture of low rank."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from models.core import Arrow, Axis, Curves, Equation, Field, Images, Line, Segment
from models.modules.low_rank import Compression
from models.modules.plane_maps import Eigen, Svd, angle_between, eigen, moved, svd
from models.modules.vectors import column, numeral, slots

__all__ = ["aligned", "compressed", "errors", "facts", "moment", "moves", "plane", "spectrum"]

Matrix2 = Float[Tensor, "2 2"]
REACH = 3.25
"""The plane is shown from −REACH to REACH."""
BOX = (-REACH, REACH, -REACH, REACH)
LIT = 4.5
"""Degrees from an eigenline within which x lights it."""


def lattice(a: Matrix2) -> Line:
    """The unit grid as the map bends it, one polyline broken by gaps."""
    gap = torch.tensor([[math.nan, math.nan]], dtype=torch.float64)
    pieces = []
    for k in range(-8, 9):
        for ends in ([[k, -8.0], [k, 8.0]], [[-8.0, k], [8.0, k]]):
            pieces += [torch.tensor(ends, dtype=torch.float64) @ a.T, gap]
    places = torch.cat(pieces)
    return Line(id="grid", label="", x=places[:, 0], y=places[:, 1], colour="rule")


def ring(a: Matrix2, id: str, label: str, colour: str, style: str = "solid") -> Line:
    """The unit circle as the map bends it."""
    t = torch.linspace(0, 2 * math.pi, 121, dtype=torch.float64)
    places = torch.stack([t.cos(), t.sin()], 1) @ a.T
    return Line(id=id, label=label, x=places[:, 0], y=places[:, 1], colour=colour, style=style)


def square(a: Matrix2) -> tuple[Line, Tensor]:
    """The image of the unit square: its outline, and the map of its signed area (blue +, orange −) over the box."""
    corners = torch.tensor([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]], dtype=torch.float64) @ a.T
    determinant = float(torch.det(a))
    line = Line(id="square", label="", x=corners[:, 0], y=corners[:, 1], colour="pos" if determinant >= 0 else "neg")
    places = Field.lattice(BOX, 140).double()
    if abs(determinant) < 1e-9:
        return line, torch.zeros(140, 140)
    back = torch.linalg.solve(a, places.T)  # (2, N): where each place came from
    inside = ((back >= 0) & (back <= 1)).all(0)
    return line, (inside * math.copysign(1.0, determinant)).reshape(140, 140)


def aligned(x: Float[Tensor, " 2"], found: Eigen) -> int | None:
    """The eigenline that x lies on, within LIT degrees; None if on neither."""
    for i, line in enumerate(found.lines):
        away = abs(angle_between(torch.tensor(line, dtype=torch.float64), x) or 0.0)
        if min(away, 180 - away) <= LIT:
            return i
    return None


def plane(a: Matrix2, x: Float[Tensor, " 2"]) -> Field:
    """The bent grid, the unit square's image, x on its circle and Ax on its ellipse, the eigenlines."""
    found, image = eigen(a), a @ x
    outline, area = square(a)
    lit = aligned(x, found)
    segments, far = [], 1.5 * REACH
    for i, (u, v) in enumerate(found.lines):
        name, colour = f"λ = {numeral(found.values[i], 3)}", "mark" if i == lit else "ink3"
        segments.append(Segment(f"eigen-{i}", far * u, far * v, -far * u, -far * v, name, dash=i != lit, colour=colour))
    (p, q), (r, s) = a.tolist()
    arrows = [
        Arrow("column1", 0, 0, p, r, "A e₁", "class3", grab=True),
        Arrow("column2", 0, 0, q, s, "A e₂", "class2", grab=True),
        Arrow("x", 0, 0, *x.tolist(), "x"),
        Arrow("image", 0, 0, *image.tolist(), "Ax", "class5"),
    ]
    middle = (a @ torch.tensor([0.5, 0.5], dtype=torch.float64)).tolist()
    name = f"area {numeral(found.determinant, 3)}" if abs(found.determinant) > 1e-9 else "area 0"
    arrows.append(Arrow("area", *middle, 0, 0, name, "pos" if found.determinant >= 0 else "neg"))
    identity = torch.eye(2, dtype=torch.float64)
    return Field(
        values=area, signed=True, lo=-2.0, hi=2.0, value_label="signed area", box=BOX, x=Axis("x₁"), y=Axis("x₂"),
        lines=[lattice(a), outline, ring(identity, "circle", "x", "ink2", "dotted"),
               ring(a, "ellipse", "Ax", "class5")], segments=segments, arrows=arrows,
        alt=f"A = ({p:g} {q:g}; {r:g} {s:g}), determinant {found.determinant:.3g}, {found.kind} as eigenlines",
    )  # fmt: skip


def moves(a: Matrix2, time: float) -> Field:
    """The plane after `time` of the three moves Vᵀ, Σ, U, with the right singular vectors carried along."""
    parts = svd(a)
    now = moved(parts, time)
    v = torch.tensor([math.cos(parts.phi), math.sin(parts.phi)], dtype=torch.float64)
    w = torch.tensor([-math.sin(parts.phi), math.cos(parts.phi)], dtype=torch.float64)
    first, second = (now @ v).tolist(), (now @ w).tolist()
    names = (
        ("v₁", "v₂") if time < 1 else ("e₁", "e₂") if time < 1.02 else ("σ₁", "σ₂") if time < 3 else ("σ₁u₁", "σ₂u₂")
    )
    return Field(
        box=BOX, x=Axis("x₁"), y=Axis("x₂"),
        lines=[lattice(now), ring(now, "ring", "the unit circle", "class5")],
        arrows=[Arrow("v1", 0, 0, *first, names[0], "class3"), Arrow("v2", 0, 0, *second, names[1], "class2")],
        alt=f"After {time:.1f} of 3 moves: {describe(parts, time)}",
    )  # fmt: skip


def describe(parts: Svd, time: float) -> str:
    """The move that is being made."""
    if time < 1:
        return f"turn by {-math.degrees(parts.phi):.0f}°".replace("-", "−")
    if time < 2:
        return f"scale by {parts.sigma[0]:.2f} and {parts.sigma[1]:.2f}"
    back = f"turn by {math.degrees(parts.psi):.0f}°".replace("-", "−")
    return f"{back} and reflect" if parts.reflects else back


# ---------------------------------------------------------------------- in numbers and words


def moment(a: Matrix2, x: Float[Tensor, " 2"]) -> Equation:
    """Ax as a mixture of the columns, and how far it is turned and stretched."""
    image = a @ x
    turned = angle_between(x, image)
    (p, q), (r, s) = a.tolist()
    values = slots(c=torch.tensor([p, r]), d=torch.tensor([q, s]), x=x, y=image)
    values |= {"n": float(image.norm()), "t": 0.0 if turned is None else turned}
    mixture = rf"Ax = \slot{{x0}} {column('c', 2)} + \slot{{x1}} {column('d', 2)}"
    lines: list[str | tuple[str, str]] = [
        (mixture, "so much of each column"),
        (rf"\phantom{{Ax}} = {column('y', 2)}", "where x lands"),
    ]
    if turned is None:
        lines.append((r"Ax = 0", "x is sent to nothing"))
        return Equation.of(lines, values)
    lit = aligned(x, found) if (found := eigen(a)).lines else None
    note = "turned, from x to Ax, in degrees; ‖x‖ = 1 becomes ‖Ax‖"
    lines.append((r"\angle = \slot{t}^\circ, \qquad \|Ax\| = \slot{n}", note))
    if lit is not None and min(abs(turned), 180 - abs(turned)) < 0.01:
        values["l"] = found.values[lit]
        lines.append((r"Ax = \slot{l}\, x", "an eigenvector: not turned, only scaled"))
    return Equation.of(lines, values)


def spectrum(a: Matrix2) -> Equation:
    """The characteristic polynomial with its roots, and the singular values."""
    found, parts = eigen(a), svd(a)
    real, other = found.values
    values: dict[str, float | int | str] = {
        "tr": found.trace, "det": found.determinant, "re": real, "im": other, "s1": parts.sigma[0],
        "s2": parts.sigma[1], "size": abs(found.determinant) ** 0.5,
    }  # fmt: skip
    lines: list[str | tuple[str, str]] = [
        (r"\lambda^2 - (\slot{tr})\,\lambda + (\slot{det}) = 0", "λ² − (trace) λ + (determinant)"),
    ]
    if found.kind == "none":
        lines += [(r"\lambda = \slot{re} \pm \slot{im}\, i", "no real root: every direction is turned"),
                  (r"|\lambda| = \sqrt{\det A} = \slot{size}", "the length of both")]  # fmt: skip
    elif found.kind == "two lines":
        lines.append((r"\lambda_1 = \slot{re}, \quad \lambda_2 = \slot{im}", "two roots, a line for each"))
    else:
        note = "twice, for one line only" if found.kind == "one line" else "twice, for every direction"
        lines.append((r"\lambda_1 = \lambda_2 = \slot{re}", note))
    lines += [
        (r"\sigma_1 = \slot{s1}, \quad \sigma_2 = \slot{s2}", "singular values: the half-axes of the ellipse"),
        (r"\sigma_1 \sigma_2 = |\det A|", ""),
    ]
    return Equation.of(lines, values)


def facts(a: Matrix2) -> list[str | tuple[str, str]]:
    """What this matrix is, in sentences that are true of it."""
    found, size = eigen(a), float(a.abs().max())
    (p, q), (r, _) = a.tolist()
    if size == 0:
        return [("The zero matrix: every x goes to 0. Every direction is an eigenvector, with λ = 0.", "warn")]
    said: list[str | tuple[str, str]] = []
    if abs(found.determinant) <= 1e-9 * size * size:
        said.append(("Singular: the plane falls onto a line, areas become 0, and no inverse brings them back.", "warn"))
    else:
        side = "the orientation stays" if found.determinant > 0 else "the plane is turned over"
        said.append(f"Areas are multiplied by {numeral(abs(found.determinant), 3)}; {side}.")
    if found.kind == "every direction":
        said.append(f"A multiple of the identity: every direction is an eigenvector, with λ = {numeral(p, 3)}.")
    elif found.kind == "one line":
        twice = f"λ = {numeral(found.values[0], 3)} counts twice but has one line only"
        said.append((f"Defective: {twice}, so there is no basis of eigenvectors.", "warn"))
    elif found.kind == "none":
        real, imaginary = found.values
        turn, length = math.degrees(math.atan2(imaginary, real)), found.determinant**0.5
        does = f"it turns by {turn:.0f}° and stretches by {numeral(length, 3)}"
        said.append((f"No real eigenvector: λ is a complex pair. In suitable coordinates {does}.", "warn"))
    else:
        both = " and ".join(numeral(value, 3) for value in found.values)
        right = abs(sum(u * v for u, v in zip(*found.lines, strict=True))) < 1e-9
        said.append(f"Two eigenlines, λ = {both}" + (", at right angles to each other." if right else "."))
    if abs(q - r) <= 1e-9 * size:
        said.append("Symmetric: real eigenvalues, eigenlines at right angles, and σ = |λ|.")
    elif float((a @ a.T - torch.eye(2, dtype=a.dtype)).abs().max()) < 1e-9:
        said.append("Orthogonal: lengths and angles stay; AᵀA = I.")
    return said


# ---------------------------------------------------------------------- a picture of low rank


def compressed(photo: Compression, k: int) -> dict[str, Images]:
    """The nearest picture of rank k, the photograph, and what is missing, by name."""
    rough = photo.at(k)
    share = f"{float(photo.errors[k]):.1%}"
    kept = f"k = {k}: {photo.numbers(k):,} numbers, error {share}"
    return {
        f"rank {k}": _picture(rough.clamp(0, 1), kept),
        "original": _picture(photo.picture, f"all {photo.picture.numel():,} numbers"),
        "missing": Images(images=(photo.picture - rough)[None].float(), signed=True, lo=-0.5, hi=0.5, columns=1,
                          captions=[f"what is missing: {share} of it"]),
    }  # fmt: skip


def _picture(grey: Tensor, caption: str) -> Images:
    return Images(images=grey[None].float(), lo=0.0, hi=1.0, columns=1, captions=[caption], alt=caption)


def errors(photo: Compression, k: int) -> Curves:
    """The error of every rank as a share of the picture, in both norms, and how many numbers each rank keeps."""
    ranks = torch.arange(photo.full)
    spectral = photo.sigma / photo.sigma[0]  # (K,): σ_{k+1}/σ₁ of rank k
    lines = [
        Line(id="frobenius", label="Frobenius", x=ranks, y=photo.errors[:-1], colour="class1"),
        Line(id="spectral", label="spectral", x=ranks, y=spectral, colour="class5", style="dashed"),
    ]
    marks = [{"x": float(k), "y": max(float(photo.errors[k]), 1e-4), "label": f"{float(photo.errors[k]):.1%}"}]
    worth = photo.picture.numel() / (sum(photo.picture.shape) + 1)
    return Curves(
        lines=lines, marks=marks, x=Axis("rank k", lo=0, hi=float(photo.full)),
        y=Axis("error", lo=1e-3, hi=1.0, log=True),
        rules=[{"axis": "y", "at": 0.1, "label": "10 %"}, {"axis": "x", "at": worth, "label": "no saving"}],
    )  # fmt: skip
