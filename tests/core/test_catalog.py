"""Labs are found; a broken one is named and takes no other with it."""

from pathlib import Path

import pytest

from models.core import catalog
from models.core.errors import Unknown

GOOD = '''
from models.core import Lab
class Good(Lab):
    """A good lab."""
    title = "Good"
'''


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> catalog.Catalog:
    chapter = tmp_path / "strange_labs" / "first"
    chapter.mkdir(parents=True)
    for folder in (chapter, chapter.parent):
        (folder / "__init__.py").touch()
    (chapter / "chapter.md").write_text(
        "---\nnumber: 1\ntitle: First\nsummary: S.\n---\n- later: Later — Wait.\n- good: Good — Ha.\n"
    )
    (chapter / "good.py").write_text(GOOD)
    (chapter / "good.md").write_text("---\norder: 1\n---\n## Idea\nYes.\n")
    (chapter / "broken.py").write_text("import nothing_of_this_name\n")
    (chapter / "textless.py").write_text(GOOD)
    monkeypatch.syspath_prepend(str(tmp_path))
    return catalog.Catalog(tmp_path / "strange_labs", "strange_labs")


def test_living_planned_and_broken(course: catalog.Catalog) -> None:
    (chapter,) = course.chapters()
    assert [lab["id"] for lab in chapter["labs"]] == ["good"]
    assert chapter["labs"][0]["sentence"] == "Ha."
    assert chapter["planned"] == [{"id": "later", "title": "Later", "summary": "Wait."}]
    assert {entry["id"] for entry in chapter["broken"]} == {"broken", "textless"}
    assert "nothing_of_this_name" in course.broken["broken"]


def test_the_description_has_the_text_and_the_code(course: catalog.Catalog) -> None:
    about = course.describe("good")
    assert about["text"] == "## Idea\nYes.\n"
    assert "class Good" in about["code"]["text"]
    assert about["summary"] == "A good lab."


def test_an_unknown_lab_is_named_and_so_are_those_there_are(course: catalog.Catalog) -> None:
    with pytest.raises(Unknown, match="nowhere") as unknown:
        course.find("nowhere")
    assert "good" in unknown.value.hint
    with pytest.raises(Unknown, match="broken"):
        course.find("broken")


def test_check_says_what_is_wrong(course: catalog.Catalog) -> None:
    assert course.check("good", {})["errors"] == []
    assert course.check("good", {"a": 1})["errors"][0]["field"] == "a"
