"""What every test may ask for: a real server, a browser's path."""

from collections.abc import Iterator

import pytest

from tests.live import LiveServer, chromium


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a browser its tests are skipped, and say why."""
    if chromium() is None:
        reason = pytest.mark.skip(reason="no Chromium on this machine: `make test` says how to get one")
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(reason)


@pytest.fixture(scope="session")
def live_server() -> Iterator[LiveServer]:
    """One real server for the whole test run."""
    with LiveServer() as server:
        yield server


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Where the browser is."""
    path = chromium()
    if path is None:
        pytest.skip("no Chromium on this machine")
    return path
