"""A table chosen on the page: what of it a lab is given, and in which words it is refused."""

import hashlib
import json

import numpy as np
import pytest
import torch
from safetensors.numpy import save
from sklearn.preprocessing import StandardScaler

from models.core import ClassColumn, DatasetRef, LabConfig, NumberColumn, Summary
from models.core.errors import InvalidConfig
from models.data import own, tables

NAN = float("nan")


class Config(LabConfig):
    table: DatasetRef | None = own.table()
    inputs: list[NumberColumn] = own.inputs()
    target: NumberColumn | None = own.target()

    def summary(self) -> Summary:
        return Summary(problems=own.problems(self, classes=False))


class Classes(Config):
    target: ClassColumn | None = own.target()

    def summary(self) -> Summary:
        return Summary(problems=own.problems(self, classes=True, exactly=2))


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """Keeps columns {name: numbers, or (codes, classes)} as the server would; the id."""
    monkeypatch.setenv("ORRERY_HOME", str(tmp_path))
    own.folder().mkdir()

    def keep(**columns):
        about, tensors = [], {}
        for at, (name, given) in enumerate(columns.items()):
            if isinstance(given, str):
                about.append({"name": name, "kind": "text", "why": given, "sample": ["=1+1", ""]})
            elif isinstance(given, tuple):
                about.append({"name": name, "kind": "category", "classes": given[1]})
                tensors[str(at)] = np.array(given[0], np.int16)
            else:
                about.append({"name": name, "kind": "number"})
                tensors[str(at)] = np.array(given, np.float64)
        data = save(tensors, {"table": json.dumps({"columns": about, "notes": []})})
        id_ = hashlib.sha256(data).hexdigest()[:16]
        (own.folder() / f"{id_}.safetensors").write_bytes(data)
        return id_

    return keep


def refused(config, **wanted):
    """The one problem there is: (field, message)."""
    with pytest.raises(InvalidConfig) as caught:
        own.choose(config, **wanted)
    (error,) = caught.value.errors
    return error["field"], error["message"]


def test_an_own_table_and_one_of_the_course_come_alike(kept):
    iris = tables.read("iris")
    columns = {column.name: column.values.tolist() for column in iris.columns[:4]}
    ref = kept(**columns, species=(iris["species"].values.tolist(), list(iris["species"].classes)))

    mine, theirs = (own.choose(Classes(table=t, inputs=["petal_length", "petal_width"]), classes=True, exactly=2)
                    for t in (ref, "iris"))  # fmt: skip

    torch.testing.assert_close(mine.x, theirs.x, rtol=0, atol=0)
    torch.testing.assert_close(mine.y, theirs.y, rtol=0, atol=0)
    assert mine.classes == theirs.classes == ("setosa", "versicolor", "virginica")
    assert theirs.labels == ["petal length (cm)", "petal width (cm)"]


def test_with_nothing_chosen_the_usual_target_and_every_number():
    chosen = own.choose(Config(table="diabetes"), classes=False)

    assert chosen.x.shape == (442, 10)
    assert chosen.target == ("disease progression after a year", "")
    assert own.choose(Classes(table="penguins"), classes=True, exactly=2).labels == [
        "bill length (mm)",
        "bill depth (mm)",
    ]


def test_a_unit_in_brackets_is_one(kept):
    ref = kept(**{"height (cm)": [1.0, 2, 3, 4], "mass [kg]": [1.0, 3, 2, 5]})

    chosen = own.choose(Config(table=ref), classes=False)

    assert chosen.inputs == (("height", "cm"),)
    assert chosen.target == ("mass", "kg")


def test_whole_numbers_can_be_classes(kept):
    ref = kept(a=[0.5, 1, 2, 3], b=[1.0, 5, 2, 7], y=[3.0, 3, 7, 7])

    chosen = own.choose(Classes(table=ref), classes=True)

    assert chosen.classes == ("3", "7")
    assert chosen.y.tolist() == [0, 0, 1, 1]


def test_rows_that_miss_something_are_left_out_and_counted(kept):
    ref = kept(a=[1.0, NAN, 3, 4, 5, 6], other=[NAN] * 6, y=([0, 0, 1, -1, 1, 0], ["no", "yes"]))

    chosen = own.choose(Classes(table=ref, inputs=["a"]), classes=True)

    assert chosen.x.flatten().tolist() == [1, 3, 5, 6]
    assert chosen.y.tolist() == [0, 1, 1, 0]
    assert chosen.dropped == 2
    assert "2 rows are left out" in " ".join(chosen.notes)


def test_the_scale_is_scikit_learns_and_the_split_is_the_seeds():
    chosen = own.choose(Config(table="diabetes"), classes=False)
    learned, tested = chosen.split(0.75, torch.Generator().manual_seed(3))
    again, _ = chosen.split(0.75, torch.Generator().manual_seed(3))

    centre, deviation = chosen.scale(learned)
    scaler = StandardScaler().fit(chosen.x[learned].numpy())

    np.testing.assert_allclose(centre.numpy(), scaler.mean_, rtol=1e-12)  # float64, another order of the sum
    np.testing.assert_allclose(deviation.numpy(), scaler.scale_, rtol=1e-12)
    assert torch.equal(learned, again)
    assert sorted([*learned.tolist(), *tested.tolist()]) == list(range(442))


def test_columns_that_do_not_vary_are_left_out_or_refused(kept):
    ref = kept(a=[1.0, 2, 3, 4], still=[5.0] * 4, y=[1.0, 3, 2, 5])

    chosen = own.choose(Config(table=ref), classes=False)

    assert chosen.labels == ["a"]
    assert any("still" in note for note in chosen.notes)
    assert refused(Config.model_construct(table=ref, inputs=["still"], target=None), classes=False) == (
        "inputs", "Column 'still' is the same in every row: it tells nothing. Leave it out.",
    )  # fmt: skip


def test_two_columns_found_here_are_two_that_vary(kept):
    ref = kept(still=[5.0] * 4, a=[1.0, 2, 3, 4], b=[1.0, 3, 2, 5], y=([0, 1, 0, 1], ["no", "yes"]))

    assert own.choose(Classes(table=ref), classes=True, exactly=2).labels == ["a", "b"]


def test_more_inputs_than_rows_is_said(kept):
    ref = kept(**{f"x{k}": [1.0, k, 2, -k, 3] for k in range(1, 6)}, y=[1.0, 3, 2, 5, 4])

    assert any("5 rows and 5 inputs" in note for note in own.choose(Config(table=ref), classes=False).notes)


@pytest.mark.parametrize(
    ("columns", "chosen", "wanted", "field", "words"),
    [
        ({"a": [1.0], "y": [2.0]}, {}, {}, "table", "Rows that can be used: 1; at least 4"),
        ({"a": [1.0, NAN, NAN, 2], "y": [2.0] * 4}, {}, {}, "table", "used: 2 (2 of 4 miss something)"),
        ({"a": [1.0, 2, 3, 4], "y": [2.0] * 4}, {}, {}, "target", "'y' is 2 in every row"),
        ({"a": [1.0, 2, 3, 4], "y": ([1] * 4, ["no", "yes"])}, {}, {"classes": True}, "target", "same class 'yes'"),
        ({"a": [1.0, 2, 3, 4], "y": ([0] * 4, ["no"])}, {}, {}, "inputs", "has no column of numbers"),
        ({"y": "'x' in line 3"}, {}, {}, "target", "No column of your table has numbers"),
        ({"a": [1.0, 2, 3, 4], "y": "214 values"}, {"target": "y"}, {}, "target", "'y' is text: 214 values"),
        ({"a": [1.0, 2, 3, 4]}, {"target": "b"}, {}, "target", "There is no column 'b'"),
        ({"a": [1.0, 2, 3, 4]}, {"inputs": ["a"], "target": "a"}, {}, "inputs", "cannot be an input too"),
        ({"a": [1.0, 2, 3, 4], "y": [1.0] * 4}, {"inputs": ["a", "a"]}, {}, "inputs", "named twice"),
        ({"a": [1.0, 2, 3, 4], "y": [1.0] * 4}, {}, {"exactly": 2}, "inputs", "Choose 2 columns of numbers, not 1"),
        ({"a": [1e300, 2, 3, 4], "y": [1.0, 2, 3, 4]}, {}, {}, "inputs", "reaches 1e+300"),
        ({"a": [1.0, 2, 3, 4], "y": [-1e300, 2, 3, 4]}, {}, {}, "target", "reaches 1e+300"),
        ({"a": [1.0, 2, 3, 4], "y": [0.5, 1, 2, 3]}, {"target": "y"}, {"classes": True}, "target", "are no classes"),
        ({"a": [1.5, 2, 3, 4], "y": [0.0, 1, 2, 3]}, {}, {"classes": True, "most_classes": 3}, "target", "4 classes"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_in_a_sentence_beside_its_field(kept, columns, chosen, wanted, field, words):
    config = Config.model_construct(**{"table": kept(**columns), "inputs": [], "target": None, **chosen})

    told, message = refused(config, **{"classes": False, **wanted})

    assert told == field
    assert words in message


def test_with_no_table_one_is_asked_for():
    assert own.problems(Config.model_construct(table=None, inputs=[], target=None), classes=False) == [
        {"field": "table", "message": "Choose a table, or upload one."}
    ]


@pytest.mark.parametrize("ref", ["0123456789abcdef", "nothing", "penguin"])
def test_a_table_that_is_not_there(kept, ref):
    with pytest.raises(InvalidConfig) as caught:
        Config.read({"table": ref})

    assert caught.value.errors[0]["field"] == "table"
    assert "There is no table" in caught.value.errors[0]["message"]


@pytest.mark.parametrize("ref", ["../../etc/passwd", "a/b", "A" * 16, "", "x" * 41, "..", "a.safetensors"])
def test_a_path_is_no_table(kept, ref):
    with pytest.raises(InvalidConfig) as caught:
        Config.read({"table": ref})

    assert caught.value.errors[0]["field"] == "table"


def test_a_damaged_file_is_never_used(kept):
    ref = kept(a=[1.0, 2, 3, 4], y=[1.0, 3, 2, 4])
    path = own.folder() / f"{ref}.safetensors"
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    path.write_bytes(bytes(data))

    assert refused(Config.model_construct(table=ref), classes=False)[1].startswith(
        f"The file of table '{ref}' is damaged"
    )


def test_the_description_says_what_fits_what(kept):
    ref = kept(a=[0.5, NAN], k=[1.0, 2], word=([0, -1], ["x"]), prose="2 of its 2 cells are no numbers")

    about = own.describe(ref)

    assert [(c["kind"], c["fits"], c["missing"]) for c in about["columns"]] == [
        ("number", ["number"], 1), ("number", ["number", "class"], 0), ("category", ["class"], 1), ("text", [], 0),
    ]  # fmt: skip
    assert about["first"] == [[0.5, 1.0, "x", "=1+1"], [None, 2.0, None, ""]]
