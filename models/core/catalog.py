"""Finds the labs: every `models/labs/<chapter>/<name>.py` with its `<name>.md`, in the order of the syllabus.

A lab that fails to import becomes an entry of `broken`; the others live on.
"""

from __future__ import annotations

import importlib
import inspect
import re
import traceback
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from models.core.errors import InvalidConfig, Unknown
from models.core.fields import LabConfig
from models.core.lab import STANDARD, Lab, Method

LABS = Path(__file__).parent.parent / "labs"
PACKAGE = "models.labs"
_PLANNED = re.compile(r"^- (?P<id>[a-z0-9-]+): (?P<title>.+?) — (?P<summary>.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Planned:
    """A lab of the syllabus that does not exist yet."""

    id: str
    title: str
    summary: str


@dataclass
class Chapter:
    """A chapter of the course: its place, its words, its labs and those to come."""

    id: str
    number: int
    title: str
    summary: str
    planned: list[Planned] = field(default_factory=list)
    labs: list[str] = field(default_factory=list)
    broken: dict[str, str] = field(default_factory=dict)


class Catalog:
    """All labs by id, the chapters they belong to, and what went wrong while importing."""

    def __init__(self, folder: Path = LABS, package: str = PACKAGE) -> None:
        self.folder, self.package = folder, package
        self.labs: dict[str, type[Lab]] = {}
        self.broken: dict[str, str] = {}
        self.places: dict[str, Chapter] = {}
        self.described: dict[str, dict[str, Any]] = {}
        self.sections = sorted(
            (_chapter(path) for path in folder.iterdir() if (path / "chapter.md").is_file()), key=lambda c: c.number
        )
        for chapter in self.sections:
            self._fill(chapter)

    def _fill(self, chapter: Chapter) -> None:
        order = {planned.id: i for i, planned in enumerate(chapter.planned)}
        names = [path.stem for path in (self.folder / chapter.id).glob("*.py") if not path.stem.startswith("_")]
        for id in sorted((name.replace("_", "-") for name in names), key=lambda id: (order.get(id, len(order)), id)):
            try:
                self.labs[id], self.places[id] = self._import(chapter.id, id), chapter
                self.described[id] = self._describe(id)
                chapter.labs.append(id)
            except (Exception, SystemExit) as error:  # noqa: BLE001  the import guard: a broken lab takes no other with it
                self.broken[id] = chapter.broken[id] = _because(error)
                self.labs.pop(id, None)

    def _import(self, chapter: str, id: str) -> type[Lab]:
        module = importlib.import_module(f"{self.package}.{chapter}.{id.replace('-', '_')}")
        found = [
            v
            for v in vars(module).values()
            if inspect.isclass(v) and issubclass(v, Lab) and v.__module__ == module.__name__
        ]
        if len(found) != 1:
            raise TypeError(f"A lab's file holds one Lab, not {len(found)}.")
        text(found[0])
        return found[0]

    def find(self, id: str) -> type[Lab]:
        """The lab of an id. Raises Unknown."""
        if id not in self.labs:
            why = f" It is broken: {self.broken[id]}" if id in self.broken else ""
            raise Unknown(f"There is no lab {id!r}.{why}", f"There are: {', '.join(self.labs)}.")
        return self.labs[id]

    def chapters(self) -> list[dict[str, Any]]:
        """The course as a list of chapters with their living, planned and broken labs."""
        return [self._section(chapter) for chapter in self.sections]

    def _section(self, chapter: Chapter) -> dict[str, Any]:
        told = {planned.id: planned.summary for planned in chapter.planned}
        living = [
            {"id": id, "title": self.labs[id].title, "summary": summary(self.labs[id]), "sentence": told.get(id, ""),
             "kinds": [m.kind for m in self.labs[id].methods("view").values()]}
            for id in chapter.labs
        ]  # fmt: skip
        there = {*chapter.labs, *chapter.broken}
        return {
            "id": chapter.id, "number": chapter.number, "title": chapter.title, "summary": chapter.summary,
            "labs": living,
            "planned": [asdict(planned) for planned in chapter.planned if planned.id not in there],
            "broken": [{"id": id, "message": message} for id, message in chapter.broken.items()],
        }  # fmt: skip

    def describe(self, id: str) -> dict[str, Any]:
        """All that a page or a script needs to know of a lab, as JSON. Raises Unknown."""
        self.find(id)
        if id not in self.described:
            self.described[id] = self._describe(id)
        return self.described[id]

    def _describe(self, id: str) -> dict[str, Any]:
        cls = self.find(id)
        chapter = self.places[id]
        return {
            "id": id, "chapter": chapter.id, "chapter_title": chapter.title, "chapter_number": chapter.number,
            "title": cls.title, "summary": summary(cls), "text": text(cls),
            "code": {"name": Path(inspect.getfile(cls)).name, "text": inspect.getsource(inspect.getmodule(cls) or cls)},
            "config_schema": cls.Config.model_json_schema(), "defaults": cls.Config().model_dump(mode="json"),
            "views": [_view(cls, view) for view in cls.methods("view").values()],
            "probes": [_method(probe) for probe in cls.methods("probe").values()],
            "actions": [_method(action) for action in cls.methods("action").values()],
            "metrics": [asdict(metric) for metric in (*cls.metrics, *STANDARD)],
            "presets": [{"title": p.title, "help": p.help, "config": p.config} for p in cls.presets],
            "challenges": [{"id": c.id, "text": c.text, "fixed": c.fixed} for c in cls.challenges],
            "max_steps": cls.max_steps, "steps_per_second": cls.steps_per_second,
        }  # fmt: skip

    def check(self, id: str, config: dict[str, Any]) -> dict[str, Any]:
        """What a config would build, or what is wrong with it field by field; nothing is allocated. Raises Unknown."""
        kind = self.find(id).Config
        try:
            read: LabConfig = kind.read(config)
        except InvalidConfig as error:
            return {"errors": error.errors, "parameters": 0, "summary": None, "config": None}
        counted = read.summary()
        return {
            "errors": [],
            "parameters": counted.parameters,
            "summary": asdict(counted),
            "config": read.model_dump(mode="json"),
        }

    @cached_property
    def ids(self) -> list[str]:
        """The ids of the living labs in the order of the course."""
        return list(self.labs)


def load() -> Catalog:
    """Imports all labs."""
    return Catalog()


def summary(cls: type[Lab]) -> str:
    """The first line of a lab's docstring."""
    return (inspect.getdoc(cls) or "").split("\n", 1)[0]


def text(cls: type[Lab]) -> str:
    """A lab's Markdown without its front matter."""
    return front_matter(Path(inspect.getfile(cls)).with_suffix(".md").read_text("utf-8"))[1]


def front_matter(markdown: str) -> tuple[dict[str, str], str]:
    """(fields, the rest) of a Markdown text that begins with `---` lines of `name: value`."""
    if not markdown.startswith("---\n"):
        return {}, markdown
    head, _, rest = markdown[4:].partition("\n---\n")
    pairs = (line.partition(":") for line in head.splitlines() if line.strip())
    return {name.strip(): value.strip() for name, _, value in pairs}, rest.lstrip("\n")


def _chapter(folder: Path) -> Chapter:
    fields, rest = front_matter((folder / "chapter.md").read_text("utf-8"))
    planned = [Planned(**match.groupdict()) for match in _PLANNED.finditer(rest)]
    return Chapter(folder.name, int(fields["number"]), fields["title"], fields.get("summary", ""), planned)


def _because(error: BaseException) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({Path(frame.filename).name}, line {frame.lineno})"


def _method(method: Method) -> dict[str, Any]:
    shape = method.input
    return {
        "id": method.id, "title": method.title, "help": method.help, "touch": shape.__name__ if shape else None,
        "schema": shape.model_json_schema() if shape else None,
    }  # fmt: skip


def _view(cls: type[Lab], view: Method) -> dict[str, Any]:
    return {
        "id": view.id, "title": view.title, "kind": view.kind, "help": view.help,
        "stage": view.stage, "shown": view.shown,
        "touches": [_touch(cls, name) for name in (*view.edit, *view.ask)],
    }  # fmt: skip


def _touch(cls: type[Lab], name: str) -> dict[str, Any]:
    """What a touch of a figure does: an action, a live field, a restart field or a probe, by the type that the name
    takes.
    """
    for role in ("action", "probe"):
        if method := cls.methods(role).get(name):
            return {
                "touch": method.input.__name__ if method.input else None,
                "does": role,
                "name": name,
                "title": method.title,
            }
    schema = cls.Config.model_json_schema()["properties"]
    if name not in schema:
        raise TypeError(f"{cls.__name__} has no action, probe or field {name!r} to be touched.")
    touch = schema[name].get("x-touch") or schema[name].get("title")
    return {
        "touch": touch,
        "does": "live" if name in cls.Config.live_fields() else "reset",
        "name": name,
        "title": schema[name].get("description", name),
    }
