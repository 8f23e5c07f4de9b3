"""What a lab is and how it runs. Labs import everything they need from here."""

from models.core.errors import Refused
from models.core.fields import LabConfig, Summary, live, setting
from models.core.figures import (
    Arrow,
    Axis,
    Bars,
    Choices,
    Column,
    Curves,
    Equation,
    Field,
    Figure,
    Histogram,
    Histograms,
    Layer,
    Line,
    Link,
    Matrix,
    Network,
    Points,
    Segment,
    Surface,
    Table,
    Text,
    Unit,
)
from models.core.inputs import (
    Cell,
    Choice,
    Handle,
    Item,
    Number,
    OwnPoints,
    Path,
    Point,
    PointMove,
    PointSet,
    UnitAt,
    Weight,
)
from models.core.lab import (
    Challenge,
    Finished,
    Lab,
    Metric,
    Metrics,
    Preset,
    Solution,
    action,
    probe,
    view,
)
from models.core.trail import Trail

__all__ = [
    "Arrow", "Axis", "Bars", "Cell", "Challenge", "Choice", "Choices", "Column", "Curves", "Equation", "Field", "Figure", "Finished", "Handle",
    "Histogram", "Histograms", "Item", "Lab", "LabConfig", "Layer", "Line", "Link", "Matrix", "Metric", "Metrics", "Network", "Number", "OwnPoints",
    "Path", "Point", "PointMove", "PointSet", "Points", "Preset", "Refused", "Segment", "Solution", "Summary", "Surface", "Table", "Text",
    "Trail", "Unit", "UnitAt", "Weight", "action", "live", "probe", "setting", "view",
]  # fmt: skip
