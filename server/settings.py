"""Settings from the environment: `ORRERY_PORT=9000`, `ORRERY_RUN_MEMORY_MB=4096`.

Every limit of the server stands here.
"""

import ipaddress
import os
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Names = Annotated[frozenset[str], NoDecode]


class Settings(BaseSettings):
    """What an operator can set. The defaults suit a student's laptop."""

    model_config = SettingsConfigDict(env_prefix="ORRERY_", extra="ignore", validate_default=True)

    # where
    host: str = Field("127.0.0.1", description="Address to listen on. Any other than loopback needs a token.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    home: Path = Field(Path("~/.orrery"), description="Folder for the database, caches and checkpoints.")

    # who
    token: str = Field(
        "", description="Secret that opens the server: in the first URL (?token=…), or as Bearer for scripts."
    )
    allowed_hosts: Names = Field(
        frozenset(), description="Names (comma-separated) the server answers to, beside loopback and its own address."
    )
    origins: Names = Field(
        frozenset(),
        description="Origins (https://orrery.example.edu) trusted beside the server's own: for a proxy with TLS.",
    )

    # how runs run
    running: int = Field(
        default_factory=lambda: os.cpu_count() or 1, ge=1, description="Runs that train at once; the rest queue."
    )
    turn_s: float = Field(10, gt=0, description="While others wait, a run gives up its place after so long.")
    threads: int = Field(
        1, ge=1, le=64, description="Threads a run computes with; part of what makes its losses repeatable."
    )
    start_method: Literal["forkserver", "spawn"] = Field(
        "forkserver", description="How a run's process begins; spawn is slower and works everywhere."
    )
    nice: int = Field(10, ge=0, le=19, description="How far a training process steps back behind the server.")
    labs: str = Field(
        "", description="A package of one's own labs, laid out like models.labs, beside those of the course."
    )

    # how much
    max_parameters: int = Field(20_000_000, ge=1, description="Parameters of one model.")
    max_steps: int = Field(10_000_000, ge=1, description="Steps of one run.")
    max_batch: int = Field(4_096, ge=1, description="Examples in one batch.")
    run_memory_mb: int = Field(2_048, ge=64, description="Memory one run may take beyond the bare process.")
    run_wall_s: float = Field(6 * 3600, gt=0, description="Time one run may train; then it pauses.")
    start_s: float = Field(120, gt=0, description="Time a lab may take to build.")
    file_size_mb: int = Field(1_024, ge=1, description="Largest file a run may write.")

    # how many
    runs_per_client: int = Field(64, ge=1, description="Runs one client keeps alive; more is a 429.")
    runs_alive: int = Field(400, ge=1, description="Runs alive on the whole server.")
    queue: int = Field(200, ge=1, description="Runs that may wait for their turn.")
    creates_per_s: float = Field(
        10, gt=0, description="New runs a second and client, after a burst of six times as many."
    )
    viewers: int = Field(2_000, ge=1, description="Open streams.")
    viewers_per_client: int = Field(256, ge=1, description="Open streams of one client.")
    pending: int = Field(256, ge=1, description="Requests one run may have under way.")
    draft_s: float = Field(
        600, gt=0, description="A run never stepped is removed so long after its last viewer or request."
    )
    idle_s: float = Field(
        600, gt=0, description="A finished run gives up its process after so long without viewer or request."
    )

    # what comes in
    body_bytes: int = Field(1 << 20, ge=1_024, description="Largest request body.")
    message_bytes: int = Field(64 << 10, ge=1_024, description="Largest message a viewer may send.")
    messages_per_s: float = Field(20, gt=0, description="Messages a second a viewer may send, after a burst of 100.")
    watched_views: int = Field(64, ge=1, description="Views one viewer may watch.")

    # what goes out
    send_s: float = Field(10, gt=0, description="A viewer that takes longer over one message is dropped.")
    history_rows: int = Field(5_000, ge=1, description="Rows replayed on the stream; more are to be fetched.")
    frame_bytes: int = Field(32 << 20, ge=1 << 16, description="Largest message a run's process may send.")

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


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
