"""Uploaded tables on the disk: by content, listed by owner, gone when nobody needs them."""

import io

import pytest

from server.datasets.keeping import Datasets
from server.datasets.reading import read
from server.problems import Problem
from server.runs.limits import UploadLimits
from server.settings import Settings


def parsed(text="a,b\n1,2\n"):
    return read(io.BytesIO(text.encode()), UploadLimits.of(Settings()))


@pytest.fixture
def datasets(tmp_path):
    return Datasets(Settings(home=tmp_path, datasets_per_client=2, datasets_mb=1))


def test_the_same_content_is_one_table_with_a_name_for_each_owner(datasets):
    mine = datasets.add("me", "prices", parsed())
    yours = datasets.add("you", "Preise", parsed('"a";"b"\r\n1;2\r\n'))

    assert mine.id == yours.id
    assert [slip.name for slip in datasets.listed("me")] == ["prices"]
    assert [slip.name for slip in datasets.listed("you")] == ["Preise"]
    assert datasets.slip("you", mine.id).name == "Preise"
    assert datasets.slip("a third", mine.id).name == "prices"
    assert len(list(datasets.folder.glob("*.safetensors"))) == 1


def test_a_list_that_is_full_takes_what_it_has_but_nothing_new(datasets):
    datasets.add("me", "one", parsed("a\n1\n"))
    datasets.add("me", "two", parsed("a\n2\n"))

    datasets.add("me", "two again", parsed("a\n2\n"))
    with pytest.raises(Problem) as caught:
        datasets.add("me", "three", parsed("a\n3\n"))

    assert caught.value.status == 429
    assert "at most 2" in caught.value.detail
    datasets.add("you", "three", parsed("a\n3\n"))
    assert sorted(slip.name for slip in datasets.listed("me")) == ["one", "two again"]


def test_a_server_that_is_full_says_so(datasets):
    large = "a,b\n" + "".join(f"{n}.5,{n}.25\n" for n in range(40_000))  # 640 kB in 64-bit numbers

    datasets.add("me", "one", parsed(large))
    with pytest.raises(Problem) as caught:
        datasets.add("you", "two", parsed(large.replace(".25", ".75")))

    assert caught.value.status == 429


def test_what_nobody_lists_is_cleared_and_nothing_else(datasets):
    mine = datasets.add("me", "one", parsed("a\n1\n"))
    shared = datasets.add("me", "two", parsed("a\n2\n"))
    datasets.add("you", "two", parsed("a\n2\n"))

    datasets.remove("me", mine.id)
    datasets.remove("me", shared.id)

    assert datasets.ownerless() == [mine.id]
    datasets.clear([mine.id, shared.id])
    assert not datasets.exists(mine.id)
    assert datasets.exists(shared.id)


@pytest.mark.parametrize("id_", ["0123456789abcdef", "../../x", "", "x" * 300, "*"])
def test_what_is_not_in_the_list_is_not_deleted(datasets, id_):
    datasets.add("me", "one", parsed())

    with pytest.raises(Problem) as caught:
        datasets.remove("me", id_)

    assert caught.value.status == 404
    assert not datasets.exists(id_)
