"""One's own table on the lab page: uploaded, dropped, pasted; its columns chosen; what is wrong with it read out."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import PHONE, Opener
from tests.browser.lab_page import at_step, field, has_status, problem, run_id
from tests.live import LiveServer

pytestmark = pytest.mark.browser
CSV = "height (cm),weight (kg),sex,remark\n" + "".join(
    f"{150 + n},{50 + n % 7}.5,{'fm'[n % 2]},=cmd|' /C {n}'\n" for n in range(60)
)
DROP = """(text) => {
  const data = new DataTransfer();
  data.items.add(new File([text], "dropped.csv", { type: "text/csv" }));
  const field = document.querySelector(".table-field");
  field.dispatchEvent(new DragEvent("dragover", { dataTransfer: data, bubbles: true, cancelable: true }));
  field.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
}"""
PASTE = """(text) => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
  document.querySelector(".table-field select").dispatchEvent(event);
}"""


@pytest.fixture(scope="module")
def live_server() -> Iterator[LiveServer]:
    """A server whose toys take a table."""
    with LiveServer(ORRERY_LABS="tests.server.labs") as server:
        yield server


def choose_file(page: Page, text: str, name: str = "people.csv") -> None:
    """Through the file chooser, as a user does."""
    with page.expect_file_chooser() as choosing:
        page.click("text=Upload a CSV")
    choosing.value.set_files({"name": name, "mimeType": "text/csv", "buffer": text.encode()})


def has_table(page: Page, name: str) -> None:
    """Waits until a table of this name is chosen and described."""
    page.wait_for_function(
        """(name) => document.querySelector(".table-field select").selectedOptions[0]?.textContent === name
        && document.querySelector(".table-facts p")""", arg=name,
    )  # fmt: skip


def refused(opened: Opener) -> None:
    """The browser notes an answer that is an error: there was one, a 422."""
    assert [text for text in opened.complaints if "422" not in text] == []  # type: ignore[attr-defined]
    assert len(opened.complaints) == 1  # type: ignore[attr-defined]
    opened.complaints.clear()  # type: ignore[attr-defined]


def shows(page: Page, *inputs: str) -> None:
    """Waits until the stage lists these inputs."""
    page.wait_for_function(
        """(inputs) => {
          const cells = [...document.querySelectorAll("#stage figure-frame tbody td")].map((cell) => cell.textContent);
          return JSON.stringify(cells) === JSON.stringify(inputs);
        }""", arg=list(inputs),
    )  # fmt: skip


def test_a_csv_is_uploaded_its_columns_chosen_and_learned_from(opened: Opener, live_server: LiveServer) -> None:
    page = opened("/labs/table")
    has_status(page, "paused")
    assert field(page, "inputs").is_hidden()

    choose_file(page, CSV)

    has_table(page, "people")
    assert "60 rows, 4 columns" in page.text_content(".table-facts")
    assert "Column 'remark' is text: 60 of its 60 cells are no numbers" in page.text_content(".table-facts")
    page.click("text=First rows")
    assert page.text_content(".table-rows tbody tr") == "15050.5f=cmd|' /C 0'"
    shows(page, "height (cm)", "weight (kg)")
    inputs = field(page, "inputs")
    assert inputs.locator("button:disabled").all_text_contents() == ["sex", "remark"]
    inputs.get_by_text("weight (kg)", exact=True).click()
    shows(page, "weight (kg)")
    page.click("#transport [data-act=step], #transport .step")
    at_step(page, 1)
    run = live_server.get(f"/api/runs/{run_id(page)}")
    assert run["config"]["inputs"] == ["weight (kg)"]
    assert live_server.get(f"/api/runs/{run_id(page)}/metrics")["rows"][-1] == 60
    assert f"table={run['config']['table']}" in page.url

    again = opened(page.url.removeprefix(live_server.url))  # somebody else, by the link
    has_table(again, "people")
    shows(again, "weight (kg)")
    assert again.locator("text=Delete").is_hidden()


def test_a_bad_csv_is_a_sentence_with_its_line(opened: Opener) -> None:
    page = opened("/labs/table")
    has_status(page, "paused")

    choose_file(page, "a,b\n1,2\n3\n")

    page.wait_for_function(
        "() => document.querySelector('[data-field=table] .problem').textContent.startsWith('Line 3: 1 cell')"
    )
    assert page.input_value(".table-field select") == ""
    refused(opened)

    choose_file(page, CSV)
    has_table(page, "people")
    assert problem(page, "table").is_hidden()


def test_a_column_that_does_not_fit_says_why_beside_it(opened: Opener) -> None:
    page = opened("/labs/table?table=penguins&target=body_mass")
    has_status(page, "paused")

    has_table(page, "Palmer penguins")
    page.wait_for_function(
        "() => document.querySelector('[data-field=target] .problem').textContent.includes('these are no classes')"
    )
    refused(opened)
    page.select_option("[data-field=target] select", "sex")
    page.wait_for_function("() => document.querySelector('[data-field=target] .problem').hidden")
    shows(page, "bill length (mm)", "bill depth (mm)", "flipper length (mm)", "body mass (g)")


def test_another_table_has_other_columns(opened: Opener) -> None:
    page = opened("/labs/table?table=penguins&inputs=%5B%22body_mass%22%5D&target=sex")
    shows(page, "body mass (g)")

    page.select_option(".table-field select", "iris")

    shows(page, "sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)")
    assert problem(page, "inputs").is_hidden()


@pytest.mark.parametrize(("how", "name"), [(DROP, "dropped"), (PASTE, "pasted table")])
def test_dropped_or_pasted(opened: Opener, how: str, name: str) -> None:
    page = opened("/labs/table")
    has_status(page, "paused")

    page.evaluate(how, CSV)

    has_table(page, name)
    shows(page, "height (cm)", "weight (kg)")
    page.click("text=Delete")
    page.wait_for_function("() => document.querySelector('.table-field select').value === ''")
    assert page.locator(".table-field optgroup[label=Yours]").count() == 0


def test_names_are_text_whatever_they_say(opened: Opener) -> None:
    page = opened("/labs/table")
    has_status(page, "paused")

    choose_file(page, "<img src=x onerror=alert(1)>,b,c\n" + "1,2,<b>x</b>\n3,4,y\n" * 3, "<i>evil.csv")

    has_table(page, "<i>evil")
    shows(page, "<img src=x onerror=alert(1)>", "b")
    assert page.locator("#controls img, #controls b:has-text('x'), .table-field i").count() == 0


def test_it_fits_a_telephone(opened: Opener) -> None:
    page = opened("/labs/table?table=breast-cancer", viewport=PHONE)
    page.wait_for_function("() => document.querySelectorAll('[data-field=inputs] .chip').length === 31")

    assert page.evaluate("document.documentElement.scrollWidth") <= 360
