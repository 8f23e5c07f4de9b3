"""Settings from the environment: `ORRERY_PORT=9000`, `ORRERY_RUN_MEMORY_MB=4096`.

Every limit of the server stands here.
"""

import ipaddress
import os
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, JsonValue, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Names = Annotated[frozenset[str], NoDecode]


def setting(default: Any, unit: str, description: str, *, shown: str = "", **bounds: Any) -> Any:
    """One setting: its default (`shown` in words where it depends on the machine), unit, sentence and bounds."""
    extra: dict[str, JsonValue] = {"unit": unit, "shown": shown}
    if "default_factory" in bounds:
        return Field(description=description, json_schema_extra=extra, **bounds)
    return Field(default, description=description, json_schema_extra=extra, **bounds)


class Settings(BaseSettings):
    """What an operator can set. The defaults suit a student's laptop."""

    model_config = SettingsConfigDict(env_prefix="ORRERY_", extra="ignore", validate_default=True)

    # where
    host: str = setting("127.0.0.1", "address", "Address to listen on; any but loopback needs a token.")
    port: int = setting(8000, "port", "Port to listen on; 0 takes a free one.", ge=0, le=65535)
    home: Path = setting(Path("~/.orrery"), "folder", "Where the database, caches and checkpoints lie.")

    # who
    token: str = setting(
        "", "text", "Secret that opens the server: in the first URL (`?token=…`), or as Bearer for scripts."
    )
    allowed_hosts: Names = setting(
        frozenset(), "names, comma-separated", "Names the server answers to, beside loopback and its own address."
    )
    origins: Names = setting(
        frozenset(),
        "origins, comma-separated",
        "Origin (`https://…`) of a proxy with TLS in front, trusted beside the server's own; cookies are then Secure.",
    )

    # how runs run
    running: int = setting(
        None, "runs", "Runs that train at once; the rest queue.", shown="cores", ge=1,
        default_factory=lambda: os.cpu_count() or 1,
    )  # fmt: skip
    turn_s: float = setting(10, "s", "While others wait, a run gives up its place after so long.", gt=0)
    threads: int = setting(
        1, "threads", "Threads a run computes with; part of what makes its losses repeatable.", ge=1, le=64
    )
    start_method: Literal["forkserver", "spawn"] = setting(
        "forkserver", "`forkserver` or `spawn`", "How a run's process begins; spawn is slower and works everywhere."
    )
    nice: int = setting(10, "niceness", "How far a training process steps back behind the server.", ge=0, le=19)
    labs: str = setting(
        "", "package", "A package of one's own labs, laid out like `models.labs`, beside those of the course."
    )

    # how much
    max_parameters: int = setting(20_000_000, "parameters", "Parameters of one model.", ge=1)
    max_steps: int = setting(10_000_000, "steps", "Steps of one run.", ge=1)
    max_batch: int = setting(4_096, "examples", "Examples in one batch.", ge=1)
    run_memory_mb: int = setting(2_048, "MiB", "Memory one run may take beyond the bare process.", ge=64)
    run_wall_s: float = setting(6 * 3600, "s", "Time one run may train; then it pauses.", gt=0)
    start_s: float = setting(120, "s", "Time a lab may take to build.", gt=0)
    checkpoint_s: float = setting(8, "s", "A run that trains is saved so often: so much work a crash can cost.", gt=0)
    step_s: float = setting(300, "s", "Time one step may take; then the run fails.", gt=0)
    view_s: float = setting(8, "s", "Time a view or a probe may take; then it is given up.", gt=0)
    file_size_mb: int = setting(1_024, "MiB", "Largest file a run may write.", ge=1)

    # how many
    runs_per_client: int = setting(
        64, "runs", "Runs one client keeps alive; a client is its cookie, else its address.", ge=1
    )
    runs_alive: int = setting(400, "runs", "Runs alive on the whole server.", ge=1)
    queue: int = setting(200, "runs", "Runs that may wait for their turn.", ge=1)
    creates_per_s: float = setting(10, "runs/s", "New runs of one client, after a burst of six seconds' worth.", gt=0)
    commands_per_s: float = setting(
        200, "requests/s", "Changes and checks of one client, after a burst of ten seconds' worth.", gt=0
    )
    probes_per_s: float = setting(100, "requests/s", "Probes of one client, after a burst of ten seconds' worth.", gt=0)
    viewers: int = setting(2_000, "streams", "Open streams.", ge=1)
    viewers_per_client: int = setting(256, "streams", "Open streams of one client.", ge=1)
    pending: int = setting(256, "requests", "Requests one run may have under way.", ge=1)
    draft_s: float = setting(600, "s", "A run never stepped is removed so long after its last viewer or request.", gt=0)
    idle_s: float = setting(
        600, "s", "A paused or finished run gives up its process so long after its last viewer or request.", gt=0
    )

    # what comes in
    body_bytes: int = setting(512 << 10, "bytes", "Largest request body that is no upload.", ge=1_024)
    headers_bytes: int = setting(64 << 10, "bytes", "Largest head of a request.", ge=8 << 10)
    request_s: float = setting(
        10, "s", "A request's head must have come after so long; its body must grow by 10 kB in the same time.", gt=0
    )
    upload_mb: int = setting(256, "MiB", "Largest upload: a checkpoint, a table, an archive.", ge=1)
    unpacked_mb: int = setting(512, "MiB", "What an upload may unpack to.", ge=1)
    image_pixels: int = setting(25_000_000, "pixels", "Width times height of an uploaded image.", ge=1)
    csv_cells: int = setting(2_000_000, "cells", "Rows times columns of an uploaded table.", ge=1)
    csv_columns: int = setting(1_000, "columns", "Columns of an uploaded table.", ge=1)
    datasets_per_client: int = setting(50, "tables", "Uploaded tables that one client keeps.", ge=1)
    datasets_mb: int = setting(2_048, "MiB", "Uploaded tables on the whole server.", ge=1)
    message_bytes: int = setting(64 << 10, "bytes", "Largest message a viewer may send.", ge=1_024)
    messages_per_s: float = setting(20, "messages/s", "Messages a viewer may send, after a burst of 100.", gt=0)
    watched_views: int = setting(64, "views", "Views one viewer may watch.", ge=1)

    # what goes out
    send_s: float = setting(10, "s", "A viewer that takes longer over one message is dropped.", gt=0)
    ping_s: float = setting(
        10, "s", "A viewer is asked for a sign of life so often; one that gives none for as long is cut off.", gt=0
    )
    history_rows: int = setting(5_000, "rows", "Rows replayed on the stream; more are to be fetched.", ge=1)
    frame_bytes: int = setting(32 << 20, "bytes", "Largest message a run's process may send.", ge=1 << 16)

    @model_validator(mode="before")
    @classmethod
    def _split(cls, values: dict[str, object]) -> dict[str, object]:
        for name in ("allowed_hosts", "origins"):
            if isinstance(text := values.get(name), str):
                values[name] = frozenset(part.strip().lower() for part in text.split(",") if part.strip())
        return values

    @model_validator(mode="after")
    def _safe(self) -> Self:
        self.home = self.home.expanduser().resolve()
        if not self.token and not is_loopback(self.host):
            raise ValueError(
                f"host {self.host} can be reached by others, and there is no token. "
                "Set ORRERY_TOKEN to a long secret, or listen on 127.0.0.1."
            )
        if self.token and len(self.token) < 8:
            raise ValueError("ORRERY_TOKEN has fewer than 8 characters. Take a long one.")
        return self

    @property
    def run_memory_bytes(self) -> int:
        """Memory of one run, in bytes."""
        return self.run_memory_mb << 20

    @property
    def upload_bytes(self) -> int:
        """Largest upload, in bytes."""
        return self.upload_mb << 20


def table() -> str:
    """Every setting as a Markdown table: the one in the server's README."""
    lines = ["| setting | default | unit | |", "| --- | --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        lines.append(
            f"| `{name.upper()}` | {extra['shown'] or _shown(field.default)} | {extra['unit']} | {field.description} |"
        )
    return "\n".join(lines)


def _shown(default: object) -> str:
    """A default as it is read: thousands apart, nothing where it is empty."""
    if isinstance(default, int | float):
        return f"{default:,}".replace(",", " ")
    return str(default) if default or isinstance(default, str) else ""


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
