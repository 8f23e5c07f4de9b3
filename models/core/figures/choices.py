"""Several figures of one kind, one of which is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from models.core.figures.figure import Figure, default

F = TypeVar("F", bound=Figure)


@dataclass(kw_only=True)
class Choices(Figure, Generic[F]):
    """Several figures of one kind, sent whole; the browser shows the one that is chosen (a layer, a head, a sample)."""

    labels: list[str] = default(list)
    figures: list[F] = default(list)

    @classmethod
    def of(cls, figures: dict[str, F], **fields: Any) -> Choices[F]:
        """The figures by the label of their choice."""
        return cls(labels=list(figures), figures=list(figures.values()), **fields)

    def to_plotly(self) -> dict[str, Any]:
        return {
            **self.figures[0].to_plotly(),
            "choices": [figure.to_plotly() for figure in self.figures],
            "labels": self.labels,
        }
