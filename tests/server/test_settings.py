"""Settings from the environment."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from server.settings import Settings, is_loopback, table
from tests.live import ROOT


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in [name for name in os.environ if name.startswith("ORRERY_")]:
        monkeypatch.delenv(name)


def test_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ORRERY_PORT", "9001")
    monkeypatch.setenv("ORRERY_HOME", str(tmp_path))
    monkeypatch.setenv("ORRERY_ALLOWED_HOSTS", "Orrery.example.edu, other")
    settings = Settings()
    assert (settings.port, settings.home, settings.host) == (9001, tmp_path, "127.0.0.1")
    assert settings.allowed_hosts == {"orrery.example.edu", "other"}


def test_public_bind_needs_token() -> None:
    for host in ("0.0.0.0", "::", "192.168.1.20", "fe80::1", "orrery.example.edu", "", "127.0.0.1.evil.example"):
        with pytest.raises(ValidationError, match="ORRERY_TOKEN"):
            Settings(host=host)
    for host in ("127.0.0.1", "127.3.2.1", "::1", "localhost"):
        assert Settings(host=host).host == host
    assert Settings(host="0.0.0.0", token="a long secret").token
    with pytest.raises(ValidationError, match="8 characters"):
        Settings(token="short")


def test_loopback() -> None:
    assert all(map(is_loopback, ("localhost", "127.0.0.1", "127.8.8.8", "::1", "[::1]")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "192.168.1.2", "localhost.evil.example", "")))


def test_every_setting_is_explained() -> None:
    """Name, default, unit and a sentence, in the server's README."""
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.json_schema_extra["unit"], name
        assert f"| `{name.upper()}` |" in table()
    assert table() in (ROOT / "server" / "README.md").read_text(encoding="utf-8")
