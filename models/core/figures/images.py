"""A grid of pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from models.core.figures.figure import Figure, chart, default, listed, packed


@dataclass(kw_only=True)
class Images(Figure):
    """Pictures (N, H, W), or (N, H, W, 3) in red, green and blue of 0…1; row 0 is the top one.

    Grey ones are drawn between `lo` and `hi` (None: their own range), on the diverging map if `signed`. `captions`
    stand below, `labels` (N,) colour their frames by class, `ids` link them with other figures. One that can be picked
    (`pick`) sends `Item`. `columns` is how many stand in a row, None lets the page decide.
    """

    images: Tensor = packed("u8")
    captions: list[str] = default(list)
    ids: list[str] | None = None
    labels: Tensor | None = packed("index")
    class_names: list[str] = default(list)
    columns: int | None = None
    value_label: str = ""
    signed: bool = False
    lo: float | None = None
    hi: float | None = None
    mark: int | None = None
    pick: bool = False

    def to_plotly(self) -> dict[str, Any]:
        if self.images.ndim == 4:
            traces = [{"type": "image", "z": listed((picture * 255).round())} for picture in self.images]
        else:
            traces = [{"type": "heatmap", "z": listed(picture.flip(0)), "showscale": False} for picture in self.images]
        across = self.columns or max(1, round(len(traces) ** 0.5))
        layout: dict[str, Any] = {
            "grid": {"rows": -(-len(traces) // across), "columns": across, "pattern": "independent"}
        }
        for i, trace in enumerate(traces):
            end = "" if i == 0 else str(i + 1)
            trace |= {"xaxis": f"x{end}", "yaxis": f"y{end}"}
            layout[f"yaxis{end}"] = {"scaleanchor": f"x{end}", "visible": False}
            layout[f"xaxis{end}"] = {"visible": False}
        return chart(traces, self.title, **layout)
