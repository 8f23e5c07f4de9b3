"""A CSV as it is read: against pandas, and in every dress and disguise."""

import io
import json
import math
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load

from server.datasets.columns import INFINITE, MISSING
from server.datasets.reading import read
from server.problems import Problem
from server.runs.limits import UploadLimits
from server.settings import Settings

LIMITS = UploadLimits.of(Settings(csv_cells=20_000, csv_columns=100))


def table(text, limits=LIMITS):
    """{"columns": [...], "notes": [...], column: values} of a CSV."""
    data = text if isinstance(text, bytes) else text.encode()
    parsed = read(io.BytesIO(data), limits)
    length = int.from_bytes(parsed.data[:8], "little")
    head = json.loads(json.loads(parsed.data[8 : 8 + length])["__metadata__"]["table"])
    values = load(parsed.data)
    return head | {c["name"]: values.get(str(at)) for at, c in enumerate(head["columns"])}


def words(found, name):
    """The classes of a column, row by row."""
    names = next(c["classes"] for c in found["columns"] if c["name"] == name)
    return [names[code] if code >= 0 else None for code in found[name]]


def kinds(found):
    return {c["name"]: c["kind"] for c in found["columns"]}


def attempt(data):
    """The table, or the problem it is."""
    try:
        return table(data)
    except Problem as problem:
        return problem


def refused(text, limits=LIMITS):
    """(status, message) of the refusal."""
    with pytest.raises(Problem) as caught:
        table(text, limits)
    return caught.value.status, caught.value.detail


# ---------------------------------------------------------------- against pandas

number = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False), st.integers(-(10**15), 10**15).map(float), st.just(math.nan)
)
word = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp", "Zs")), min_size=1, max_size=9)
word = word.filter(lambda text: text.lower() not in MISSING | INFINITE and not re.match(r"[-+.,\d]", text))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    rows=st.lists(st.tuples(number, st.one_of(word, st.none()), number), min_size=1, max_size=20),
    separator=st.sampled_from([",", ";", "\t"]),
    end=st.sampled_from(["\n", "\r\n"]),
    bom=st.booleans(),
)
def test_what_pandas_writes_is_read_back(rows, separator, end, bom):
    frame = pd.DataFrame(rows, columns=["a", "word", "b"]).astype({"a": float, "b": float})
    text = frame.to_csv(index=False, sep=separator, lineterminator=end, na_rep="NA")

    found = attempt(text.encode("utf-8-sig" if bom else "utf-8"))

    if isinstance(found, Problem):  # only where no column has anything at all
        assert found.detail.startswith("No column can be used")
        assert bool(frame.isna().all(axis=None))
        return
    for name in ("a", "b"):
        if frame[name].notna().any():
            np.testing.assert_array_equal(found[name], frame[name].to_numpy())  # shortest decimals: exact
    if kinds(found)["word"] == "category":
        assert words(found, "word") == [None if pd.isna(w) else w for w in frame["word"]]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20), st.sampled_from([";", "\t"]))
def test_decimal_commas_are_pandas_decimal_commas(values, separator):
    frame = pd.DataFrame({"a": values, "b": [0.5] * len(values)})
    text = frame.to_csv(index=False, sep=separator, decimal=",")

    found = table(text)

    np.testing.assert_array_equal(found["a"], pd.read_csv(io.StringIO(text), sep=separator, decimal=",")["a"])
    assert "Numbers were read with a decimal comma." in found["notes"]


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode), st.text("a1,;\"\n\t.'", max_size=99)))
def test_whatever_comes_is_a_table_or_a_sentence(data):
    found = attempt(data)

    if isinstance(found, Problem):
        assert found.status in (413, 415, 422)
        assert found.detail[0].isupper()
    else:
        assert found["rows"] >= 1


# ---------------------------------------------------------------- what is found out


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_separator_is_found_out(separator):
    found = table(f"a{separator}b\n1{separator}2\n3{separator}4\n")

    assert (found["a"].tolist(), found["b"].tolist()) == ([1, 3], [2, 4])


def test_a_header_is_told_from_data():
    assert list(kinds(table("x,y\n1,2\n"))) == ["x", "y"]
    assert list(kinds(table("1,2\n3,4\n"))) == ["column 1", "column 2"]
    assert table("1,2\n3,4\n")["column 1"].tolist() == [1, 3]
    assert list(kinds(table("2019,country\nPT,1\n"))) == ["2019", "country"]
    assert list(kinds(table(",a\n0,5\n1,6\n"))) == ["column 1", "a"]


def test_names_are_told_apart():
    found = table("x,x,,x (2)\n1,2,3,4\n")

    assert list(kinds(found)) == ["x", "x (2)", "column 3", "x (2) (2)"]
    assert "Names that were empty, double or unprintable were changed." in found["notes"]


def test_quotes_keep_separators_breaks_and_quotes():
    found = table('name,n\n"a, b",1\n"two\nlines",2\n"say ""no""",3\n')

    assert words(found, "name") == ["a, b", "two\nlines", 'say "no"']


def test_missing_values_and_infinity():
    found = table("a,b\n1,x\nNA,?\n,y\nnan,N/A\ninf,x\n1e999,x\n-Infinity,x\n")

    assert [None if math.isnan(v) else v for v in found["a"]] == [1, None, None, None, None, None, None]
    assert words(found, "b") == ["x", None, "y", None, "x", "x", "x"]
    assert "3 infinite values in 'a' count as missing." in found["notes"]


def test_bytes_that_are_not_utf8_are_windows_1252_and_it_is_said():
    found = table("städte,n\nMünchen,1\nKöln,2\n".encode("cp1252"))

    assert words(found, "städte") == ["München", "Köln"]
    assert found["notes"] == ["The file is not UTF-8: it was read as Windows-1252."]


def test_formulas_are_text():
    found = table("a,n\n=cmd|' /C calc'!A0,1\n@SUM(A1),2\n-2+3,3\n")

    assert words(found, "a") == ["=cmd|' /C calc'!A0", "@SUM(A1)", "-2+3"]


@pytest.mark.parametrize("cell", ["1_000", "１", "0x10", "1,5", "1 000", "12%", "--1", "e5", "."])
def test_what_only_looks_like_a_number_is_a_word(cell):
    assert kinds(table(f'a,b\n"{cell}",1\n'))["a"] == "category"


def test_fifty_words_are_classes_and_fifty_one_are_text():
    rows = [f"w{n},{n}\n" for n in range(51)]

    assert kinds(table("a,b\n" + "".join(rows[:50]))) == {"a": "category", "b": "number"}
    text = table("a,b\n" + "".join(rows))
    assert kinds(text) == {"a": "text", "b": "number"}
    assert text["columns"][0]["why"] == "51 of its 51 cells are no numbers, the first is 'w0' in line 2."
    assert text["columns"][0]["sample"] == [f"w{n}" for n in range(8)]


def test_one_word_among_many_numbers_names_its_line():
    found = table("price,n\n" + "".join(f"{n},{n}\n" for n in range(60)) + "call us,1\n")

    assert found["columns"][0]["why"] == "1 of its 61 cells are no numbers, the first is 'call us' in line 62."


def test_the_classes_stand_in_the_order_of_words():
    assert table("a,n\nz,1\nb,2\n")["columns"][0]["classes"] == ["b", "z"]


def test_empty_cells_behind_a_row_and_blank_lines_are_nothing():
    found = table("a,b\n\n1,2,,\n   \n3,4\n\n")

    assert found["rows"] == 2


def test_the_bytes_depend_on_what_the_table_says_alone():
    plain, dressed = (
        read(io.BytesIO(data), LIMITS).data for data in (b"a,b\n1,x\n", b'\xef\xbb\xbf"a","b"\r\n1.0,"x"\r\n')
    )

    assert plain == dressed


def test_a_single_column():
    assert table("a\n1\n2\n")["a"].tolist() == [1, 2]
    assert table("a\n1,5\n2,25\n")["a"].tolist() == [1.5, 2.25]


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("text", "status", "message"),
    [
        ("", 422, "The file is empty."),
        ("\n\n", 422, "The file has no rows."),
        ("a,b\n", 422, "Line 1: there are names of columns, and no row below them."),
        ("a,b\n1,2\n3\n", 422, "Line 3: 1 cell, where the first line has 2."),
        ("a,b\n1,2\n3,4,5\n", 422, "Line 3: 3 cells, where the first line has 2."),
        ("a,b\n1,2\n\0,4\n", 422, "Line 3: there is a NUL byte: this is no text."),
        ('a,b\n1,2\n"x,4\n5,6\n', 422, "Line 3: a quote is opened and never closed."),
        ('a,b\n1,2\n"x"y,4\n', 422, "Line 3: the quotes are wrong"),
        ("a,b\n1,2\n" + "x" * 10_001 + ",4\n", 422, "Line 3, column 'a': the cell has 10,001 characters"),
        ("a,b\n1,2\n" + "x" * 1_000_000 + ",4\n", 422, "Line 3: a cell has more than 10,000 characters"),
        ("a;b\n1,5;2\n3.5;4\n", 422, "Line 2: numbers have a decimal comma here and a decimal point in line 3."),
        (b"a,b\n1,2\n\x81,4\n", 422, "Line 3: these bytes are neither UTF-8 nor Windows-1252."),
        ("a,b\n1,2\n".encode("utf-16"), 415, "This is text in UTF-16, not a CSV."),
        (b"PK\x03\x04....", 415, "This is a spreadsheet or an archive (zip), not a CSV."),
        (b"\x1f\x8b....", 415, "This is a gzip archive, not a CSV."),
        ("a,b\nNA,NA\n", 422, "No column can be used."),
        (
            ",".join(f"c{n}" for n in range(10_000)) + "\n",
            413,
            "A table has at most 100 columns here, this one 10,000.",
        ),
    ],
)
def test_what_cannot_be_read_is_said_with_its_line(text, status, message):
    told, detail = refused(text)

    assert told == status
    assert detail.startswith(message)


def test_the_limits_hold_at_the_boundary():
    limits = UploadLimits.of(Settings(csv_cells=10, csv_columns=5))
    row = "1,2,3,4,5\n"

    assert table("a,b,c,d,e\n" + 2 * row, limits)["rows"] == 2
    status, detail = refused("a,b,c,d,e\n" + 3 * row, limits)
    assert (status, detail) == (
        413, "A table has at most 10 cells here, this one 15 or more: 3 rows of 5 columns.",
    )  # fmt: skip
    assert refused("a,b,c,d,e,f\n1,2,3,4,5,6\n", limits)[0] == 413


def test_a_table_too_large_is_given_up_at_the_row_that_is_too_many():
    limits = UploadLimits.of(Settings(csv_cells=1_000))
    file = io.BytesIO(b"a,b\n" + 200_000 * b"1,2\n")
    reading = []
    file.read1 = lambda size=-1: reading.append(size) or io.BytesIO.read1(file, size)  # what the rows are read with

    with pytest.raises(Problem):
        read(file, limits)

    assert 0 < len(reading) < 30  # a few pieces of 8 kB, of a hundred
