"""The routes of own tables, on a real server."""

from collections.abc import Iterator

import pytest

from tests.server.conftest import Server

CSV = "height (cm),weight [kg],sex\n170,65.5,f\n180,,m\n165,55,f\n175,80,m\n160,50,f\n"


@pytest.fixture(scope="module")
def small() -> Iterator[Server]:
    """A server with narrow limits."""
    with Server(
        ORRERY_CSV_CELLS="40", ORRERY_CSV_COLUMNS="10", ORRERY_DATASETS_PER_CLIENT="3", ORRERY_UPLOAD_MB="1",
        ORRERY_CREATES_PER_S="1000",
    ) as server:  # fmt: skip
        yield server


def send(server, text=CSV, filename="people.csv", **form):
    answer = server.client.post("/api/datasets", files={"file": (filename, text)}, data=form)
    server.client.cookies.clear()
    return answer


def mine(server):
    return [table["id"] for table in server.get("/api/datasets")["datasets"]]


def test_a_table_comes_and_goes(server):
    answer = send(server)
    table = answer.json()

    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/datasets/{table['id']}"
    assert (table["name"], table["rows"], table["own"]) == ("people", 5, True)
    assert [(c["name"], c["label"], c["unit"], c["kind"], c["fits"], c["missing"]) for c in table["columns"]] == [
        ("height (cm)", "height", "cm", "number", ["number", "class"], 0),
        ("weight [kg]", "weight", "kg", "number", ["number"], 1),
        ("sex", "sex", "", "category", ["class"], 0),
    ]
    assert table["first"][:2] == [[170.0, 65.5, "f"], [180.0, None, "m"]]
    assert table["columns"][2]["classes"] == ["f", "m"]
    assert mine(server) == [table["id"]]
    assert server.get(f"/api/datasets/{table['id']}") == table

    assert server.call("DELETE", f"/api/datasets/{table['id']}").status_code == 204
    assert mine(server) == []
    assert server.call("GET", f"/api/datasets/{table['id']}").status_code == 404
    assert server.call("DELETE", f"/api/datasets/{table['id']}").status_code == 404


def test_the_tables_of_the_course_stand_beside(server):
    course = {table["id"]: table for table in server.get("/api/datasets")["course"]}

    assert {"penguins", "iris", "diabetes", "breast-cancer", "digits"} <= set(course)
    assert (course["diabetes"]["rows"], course["diabetes"]["columns"]) == (442, 11)
    diabetes = server.get("/api/datasets/diabetes")
    assert {c["name"]: c["unit"] for c in diabetes["columns"]}["bmi"] == "kg/m²"
    assert "Efron" in diabetes["source"]
    assert not diabetes["own"]
    assert server.call("DELETE", "/api/datasets/diabetes").status_code == 404


def test_a_list_is_its_clients_and_an_id_is_everybodys(server):
    table = send(server).json()
    other = {"Cookie": "orrery_client=somebody-else", "Origin": server.url}

    listed = server.call("GET", "/api/datasets", **other).json()["datasets"]
    seen = server.call("GET", f"/api/datasets/{table['id']}", **other).json()
    gone = server.call("DELETE", f"/api/datasets/{table['id']}", **other)

    assert listed == []
    assert (seen["name"], seen["own"], seen["columns"]) == ("people", False, table["columns"])
    assert gone.status_code == 404
    assert table["id"] in mine(server)
    server.delete(f"/api/datasets/{table['id']}")


@pytest.mark.parametrize(
    ("given", "filename", "name"),
    [
        (" Höhe & Gewicht ", "x.csv", "Höhe & Gewicht"), ("", "C:\\data\\prices.CSV", "prices"), ("", "a/b/c.tsv", "c"),
        ("\x07\u202e", "x.csv", "table"), ("<script>alert(1)</script>", "x.csv", "<script>alert(1)</script>"),
        ("n" * 300, "x.csv", "n" * 100),
    ],
)  # fmt: skip
def test_the_name_is_text(server, given, filename, name):
    table = send(server, filename=filename, name=given).json()

    assert table["name"] == name
    server.delete(f"/api/datasets/{table['id']}")


@pytest.mark.parametrize(
    ("text", "status", "words", "line"),
    [
        ("a,b\n1,2\n3\n", 422, "Line 3: 1 cell, where the first line has 2.", 3),
        ("", 422, "The file is empty.", None),
        (b"PK\x03\x04", 415, "This is a spreadsheet", None),
        ("a,b\n" + 21 * "1,2\n", 413, "at most 40 cells", None),
        (",".join("abcdefghijk") + "\n", 413, "at most 10 columns", None),
        ("a,b\n" + 300_000 * "1,2\n", 413, "at most 1,048,576 bytes", None),
    ],
)
def test_what_cannot_be_kept_is_said(small, text, status, words, line):
    problem = send(small, text)

    assert problem.status_code == status
    assert words in problem.json()["detail"]
    assert problem.json().get("line") == line
    assert mine(small) == []


def test_at_the_boundary_it_is_kept(small):
    table = send(small, "a,b\n" + 20 * "1,2\n").json()

    assert table["rows"] == 20
    small.delete(f"/api/datasets/{table['id']}")


def test_a_body_in_pieces_is_counted_as_it_comes(small):
    boundary = "--x\r\nContent-Disposition: form-data; name=file; filename=a.csv\r\n\r\na\n"
    pieces = [boundary.encode(), *[b"1\n" * 50_000] * 20]

    answer = small.client.post(
        "/api/datasets", content=iter(pieces), headers={"Content-Type": "multipart/form-data; boundary=x"}
    )

    assert answer.status_code == 413
    assert mine(small) == []


@pytest.mark.parametrize(
    ("headers", "body", "status", "words"),
    [
        ({"Content-Type": "text/csv"}, b"a\n1\n", 415, "multipart/form-data, not as text/csv"),
        ({}, b"", 415, "not as nothing"),
        ({"Content-Type": "multipart/form-data"}, b"x", 422, "The form cannot be read"),
        ({"Content-Type": "multipart/form-data; boundary=x"}, b"nonsense", 422, "The form"),
        ({"Content-Type": "multipart/form-data; boundary=x"}, b"--x--\r\n", 422, "no file in its field `file`"),
        (
            {"Content-Type": "multipart/form-data; boundary=x"},
            b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\na\r\n--x--\r\n', 422, "no file in its field",
        ),
    ],
)  # fmt: skip
def test_a_form_that_is_none(small, headers, body, status, words):
    answer = small.client.post("/api/datasets", content=body, headers=headers)

    assert answer.status_code == status, answer.text
    assert words in answer.json()["detail"]


def test_two_files_are_one_too_many(small):
    answer = small.client.post("/api/datasets", files=[("file", ("a.csv", "a\n1\n")), ("file", ("b.csv", "b\n1\n"))])

    assert answer.status_code == 422
    assert mine(small) == []


def test_a_full_list_says_so(small):
    ids = [send(small, f"a\n{n}\n").json()["id"] for n in range(3)]

    refused = send(small, "a\n9\n")

    assert refused.status_code == 429
    assert refused.headers["Retry-After"]
    assert "at most 3" in refused.json()["detail"]
    assert send(small, "a\n2\n").status_code == 201  # one of those it has
    for id_ in ids:
        small.delete(f"/api/datasets/{id_}")


def test_a_run_with_a_table_keeps_it(server):
    table = send(server).json()["id"]
    run = server.make("table", config={"table": table, "inputs": ["height (cm)"], "target": "sex"})
    server.status(run, "paused")

    assert server.call("DELETE", f"/api/datasets/{table}").status_code == 204

    assert mine(server) == []
    server.post(f"/api/runs/{run}/reset", {"seed": 5})
    assert server.post(f"/api/runs/{run}/step")["metrics"]["rows"] == [5]
    server.delete(f"/api/runs/{run}")
    other = send(server, "a\n1\n2\n").json()["id"]  # whatever comes next clears what nobody needs
    assert server.call("GET", f"/api/datasets/{table}").status_code == 404
    server.delete(f"/api/datasets/{other}")


def test_a_table_that_is_not_there_is_named_beside_its_field(server):
    for config, field, words in [
        ({"table": "0123456789abcdef"}, "table", "There is no table '0123456789abcdef' here"),
        ({"table": "../../x"}, "table", "pattern"),
        ({"table": "penguins", "target": "body_mass"}, "target", "no classes"),
        ({"table": "penguins", "inputs": ["island"]}, "inputs", "holds words"),
    ]:
        (error,) = server.post("/api/labs/table/check", {"config": config})["errors"]
        refused = server.call("POST", "/api/runs", {"lab": "table", "config": config})

        assert (error["field"], refused.status_code) == (field, 422)
        assert words in error["message"]
        assert words in refused.json()["detail"]


def test_a_table_of_the_course_is_a_config_as_well(server):
    run = server.make("table", config={"table": "penguins", "inputs": ["body_mass"]})

    assert server.post(f"/api/runs/{run}/step")["metrics"]["rows"] == [342]
    server.delete(f"/api/runs/{run}")
