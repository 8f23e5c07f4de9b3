"""Settings: the schema is the form, and what is wrong is named with its value and bound."""

import pytest

from models.core.errors import InvalidConfig
from tests.core.toys import Toy

BAD = [
    ({"rate": "0.1"}, "rate"),
    ({"rate": float("nan")}, "rate"),
    ({"rate": float("inf")}, "rate"),
    ({"rate": 2.0}, "rate"),
    ({"n": True}, "n"),
    ({"n": 1.5}, "n"),
    ({"n": 10**30}, "n"),
    ({"kind": "z"}, "kind"),
    ({"nothing": 1}, "nothing"),
    ({"points": [[0, 0]]}, "points.0"),
    ({"points": [[0, 0, 1]] * 201}, "points"),
    ({"points": [[0, float("inf"), 1]]}, "points.0.1"),
    ({"points": "[]"}, "points"),
]


@pytest.mark.parametrize(("values", "field"), BAD)
def test_what_cannot_be_is_refused_by_name(values: dict, field: str) -> None:
    with pytest.raises(InvalidConfig) as refused:
        Toy.Config.read(values)
    assert refused.value.errors[0]["field"].startswith(field)
    assert refused.value.errors[0]["message"]


def test_bounds_are_named() -> None:
    with pytest.raises(InvalidConfig) as refused:
        Toy.Config.read({"n": 0})
    assert refused.value.errors == [
        {"field": "n", "message": "Input should be greater than or equal to 1, not 0.", "value": 0, "bound": {"ge": 1}}
    ]


def test_live_fields() -> None:
    assert Toy.Config.live_fields() == {"rate", "points"}


def test_the_schema_carries_the_hints() -> None:
    rate = Toy.Config.model_json_schema()["properties"]["rate"]
    assert rate["x-orrery"] == {"live": True, "advanced": False, "unit": "", "group": "Training", "scale": "log"}
    assert rate["description"] == "The learning rate."
    assert Toy.Config.model_json_schema()["properties"]["points"]["x-touch"] == "PointSet"


def test_defaults_are_not_shared() -> None:
    one = Toy.Config()
    one.points.append((0.0, 0.0, 0))
    assert Toy.Config().points == []
