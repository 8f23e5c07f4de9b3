"""The figure types: typed values that can be drawn, each by one custom element of the browser.

A new kind of picture is one class in this folder and one file in the frontend; nothing else knows the kinds.
"""

from models.core.figures.charts import Bars, Curves, Histogram, Histograms, Line
from models.core.figures.choices import Choices
from models.core.figures.figure import Axis, Figure
from models.core.figures.graph import Graph, GraphEdge, GraphNode
from models.core.figures.images import Images
from models.core.figures.maps import Arrow, Box, Field, Matrix, Points, Segment, Surface, Walk
from models.core.figures.network import Layer, Link, Network, Unit
from models.core.figures.words import Column, Equation, EquationLine, Table, Text, TextLine

KINDS: dict[str, type[Figure]] = {kind.__name__: kind for kind in Figure.__subclasses__()}

__all__ = [
    "KINDS", "Arrow", "Axis", "Bars", "Box", "Choices", "Column", "Curves", "Equation", "EquationLine", "Field",
    "Figure", "Graph", "GraphEdge", "GraphNode", "Histogram", "Histograms", "Images", "Layer", "Line", "Link", "Matrix",
    "Network", "Points", "Segment", "Surface", "Table", "Text", "TextLine", "Unit", "Walk",
]  # fmt: skip
