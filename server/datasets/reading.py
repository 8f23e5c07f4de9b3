"""From the bytes of a CSV to a table: encoding, separator, decimal sign and header are found out; what is wrong is said
with its line.

Two passes over the file: one for its bytes (encoding, NUL), one for its rows. Nothing of it stays in memory but the
columns and one row.
"""

import codecs
import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, BinaryIO

from numpy.typing import NDArray
from safetensors.numpy import save

from server.datasets.columns import LONGEST_CELL, MISSING, Gathered, Signs, unreadable
from server.problems import Problem
from server.runs.limits import UploadLimits

CHUNK = 1 << 16
SEPARATORS = {"\t": "tabs", ";": "semicolons", ",": "commas"}
MAGIC = {
    b"PK\x03\x04": "a spreadsheet or an archive (zip)", b"\x1f\x8b": "a gzip archive", b"%PDF": "a PDF",
    b"\xd0\xcf\x11\xe0": "an old Excel file", b"\x89PNG": "a picture", b"\xff\xd8\xff": "a picture",
    b"\xff\xfe": "text in UTF-16", b"\xfe\xff": "text in UTF-16", b"PAR1": "a Parquet file",
}  # fmt: skip
Row = tuple[int, list[str]]


@dataclass(frozen=True)
class Parsed:
    """A table: the bytes of its file, and what stands in a list of tables."""

    data: bytes
    rows: int
    columns: int


def read(file: BinaryIO, limits: UploadLimits) -> Parsed:
    """The table in a CSV. Raises Problem: 413 too large, 415 no CSV, 422 not to be read."""
    encoding, notes = _encoding(file)
    file.seek(0)
    text = io.TextIOWrapper(file, encoding, newline="")
    try:
        sample = text.read(CHUNK)
        separator = _separator(sample)
        text.seek(0)
        columns, rows, said = _gather(_rows(text, separator), separator, limits)
    finally:
        text.detach()
    about, arrays = [], {}
    for at, column in enumerate(columns):
        told, values = column.finished()
        about.append(told)
        if values is not None:
            arrays[str(at)] = values
        said += column.remarks()
    if not arrays:
        raise Problem(422, f"No column can be used. {' '.join(said)[:500]}", kind="unreadable-table", field="file")
    return Parsed(_written(about, [*notes, *said], rows, arrays), rows, len(columns))


def _written(about: list[dict[str, Any]], notes: list[str], rows: int, arrays: dict[str, NDArray[Any]]) -> bytes:
    """The file: its bytes depend on what the table says and on nothing else."""
    head = {"format": 1, "rows": rows, "columns": about, "notes": notes[:20]}
    return save(arrays, {"table": json.dumps(head, ensure_ascii=False, sort_keys=True)})


# ---------------------------------------------------------------- bytes


def _encoding(file: BinaryIO) -> tuple[str, list[str]]:
    """UTF-8 if every byte of it is, else Windows-1252, which is said."""
    file.seek(0)
    start = file.read(8)
    for magic, what in MAGIC.items():
        if start.startswith(magic):
            raise Problem(
                415, f"This is {what}, not a CSV. Save the table as CSV (UTF-8).", kind="no-csv", field="file"
            )
    if not start:
        raise Problem(422, "The file is empty.", kind="unreadable-table", field="file")
    if _fault(file, "utf-8-sig") is None:
        return "utf-8-sig", []
    if line := _fault(file, "cp1252"):
        raise unreadable("these bytes are neither UTF-8 nor Windows-1252. Save the table as CSV (UTF-8).", line)
    return "cp1252", ["The file is not UTF-8: it was read as Windows-1252."]


def _fault(file: BinaryIO, encoding: str) -> int | None:
    """The line in which the bytes are not of an encoding."""
    file.seek(0)
    decoder, line = codecs.getincrementaldecoder(encoding)(), 1
    while chunk := file.read(CHUNK):
        if (at := chunk.find(b"\0")) >= 0:
            raise unreadable("there is a NUL byte: this is no text.", line + chunk.count(b"\n", 0, at))
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError as error:
            return line + chunk.count(b"\n", 0, error.start)
        line += chunk.count(b"\n")
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return line
    return None


# ---------------------------------------------------------------- rows


def _separator(sample: str) -> str:
    """The sign that cuts the first rows into equally many cells, more than one; else the one that the first row has."""
    lines = sample.splitlines(keepends=True)
    lines = lines[:20] if len(lines) > 20 else lines[:-1] or lines
    widths = {sign: _widths(lines, sign) for sign in SEPARATORS}
    for sign, found in widths.items():
        if found and found[0] > 1 and len(set(found)) == 1:
            return sign
    best = max(SEPARATORS, key=lambda sign: widths[sign][0] if widths[sign] else 0)
    return best if widths[best] and widths[best][0] > 1 else ";"


def _widths(lines: list[str], separator: str) -> list[int]:
    try:
        return [len(row) for row in csv.reader(lines, delimiter=separator) if row]
    except csv.Error:
        return []


def _rows(text: io.TextIOWrapper, separator: str) -> Iterator[Row]:
    """The rows that hold anything, with the line on which each begins."""
    reader = csv.reader(text, delimiter=separator, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise unreadable(_because(str(error)), line) from None
        if row is None:
            return
        if any(cell.strip() for cell in row) or len(row) > 1:
            yield line, row


def _because(error: str) -> str:
    if "field larger" in error:
        return f"a cell has more than {LONGEST_CELL:,} characters, or a quote is never closed."
    if "unexpected end" in error:
        return "a quote is opened and never closed."
    return f"the quotes are wrong ({error})."


def _gather(rows: Iterator[Row], separator: str, limits: UploadLimits) -> tuple[list[Gathered], int, list[str]]:
    """The columns, how many rows there are, and what to know of it."""
    line, first = next(rows, (0, []))
    if not first:
        raise Problem(422, "The file has no rows.", kind="unreadable-table", field="file")
    limits.table_columns(len(first))
    second = next(rows, None)
    signs = Signs(separator != ",")
    headed = _is_header(first, second[1] if second else None, signs.comma_allowed)
    if headed and second is None:
        raise unreadable("there are names of columns, and no row below them.", line)
    names, said = _names(first) if headed else ([f"column {n}" for n in range(1, len(first) + 1)], [])
    if not headed:
        said = ["The first line holds numbers: it is data, and the columns are named by their place."]
    columns = [Gathered(name, signs) for name in names]
    begun = [] if headed else [(line, first)]
    count = 0
    for count, row in enumerate(chain(begun, [second] if second else [], rows), start=1):
        _add(columns, row, count, limits)
    signs.check()
    if signs.comma:
        said.append("Numbers were read with a decimal comma.")
    return columns, count, said


def _add(columns: list[Gathered], row: Row, count: int, limits: UploadLimits) -> None:
    """One more row."""
    line, cells = row
    limits.table(count, len(columns))
    if len(cells) > len(columns) and not any(cell.strip() for cell in cells[len(columns) :]):
        cells = cells[: len(columns)]
    if len(cells) != len(columns):
        raise unreadable(
            f"{len(cells):,} cell{'s' * (len(cells) > 1)}, where the first line has {len(columns):,}.", line
        )
    for column, cell in zip(columns, cells, strict=True):
        column.add(cell, line)


def _is_header(first: list[str], second: list[str] | None, comma: bool) -> bool:
    """Names, unless they look like what stands below them: a number among them, and no name over a number."""
    signs = Signs(comma)
    above = [_sort(cell, signs) for cell in first]
    if "number" not in above:
        return True
    below = [_sort(cell, signs) for cell in second or []]
    return any(a == "word" and b == "number" for a, b in zip(above, below, strict=False))


def _sort(cell: str, signs: Signs) -> str:
    cell = cell.strip()
    return "" if cell.lower() in MISSING else "word" if signs.number(cell, 1) is None else "number"


def _names(cells: list[str]) -> tuple[list[str], list[str]]:
    """Names that can be told apart: printable, none empty, none twice."""
    names: list[str] = []
    changed = False
    for at, cell in enumerate(cells, start=1):
        wanted = "".join(char for char in " ".join(cell.split()) if char.isprintable())[:90] or f"column {at}"
        name, again = wanted, 2
        taken = set(names)
        while name in taken:
            name, again = f"{wanted} ({again})", again + 1
        changed |= name != cell.strip()
        names.append(name)
    return names, ["Names that were empty, double or unprintable were changed."] if changed else []
