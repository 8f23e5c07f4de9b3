"""What the server knows of the labs: descriptions fetched once from the catalog worker, and configs checked by it."""

import asyncio
import json
import logging
from typing import Any

from server.problems import Problem, brief, invalid, not_found, of_worker
from server.runs.local import Link, Processes, Refusal, WorkerGone
from server.settings import Settings

CHECK_S = 10
log = logging.getLogger("orrery.labs")


class Labs:
    """The course, in plain JSON."""

    def __init__(self, processes: Processes, settings: Settings) -> None:
        self.processes, self.settings = processes, settings
        self.chapters: list[dict[str, Any]] = []
        self.labs: dict[str, dict[str, Any]] = {}
        self.tables: dict[str, dict[str, Any]] = {}  # those that come with the course
        self.link: Link | None = None
        self.loading: asyncio.Task[None] | None = None

    @property
    def loaded(self) -> bool:
        """Whether the course has been read."""
        return bool(self.chapters)

    async def load(self) -> None:
        """Fetch every description."""
        found = await self._ask("describe", 120)
        self.chapters, self.labs, self.tables = found["chapters"], found["labs"], found["tables"]

    async def _ask(self, do: str, timeout_s: float, **fields: Any) -> dict[str, Any]:
        link = await self._connected()
        try:
            _, body = await link.ask(do, timeout_s=timeout_s, **fields)
        except TimeoutError:
            link.kill()
            raise Problem(422, "Checking this took too long.", kind="too-slow", hint="Send a smaller config.") from None
        return dict(json.loads(body))

    async def table(self, id_: str) -> dict[str, Any]:
        """An uploaded table's columns and first rows."""
        try:
            return await self._ask("table", CHECK_S, ref=id_)
        except Refusal as refusal:
            raise of_worker(refusal.problem) from None
        except WorkerGone:
            raise starting() from None

    async def converted(self, frame: bytes, form: str) -> bytes:
        """A frame as "json" or "plotly"."""
        link = await self._connected()
        _, body = await link.ask("convert", timeout_s=CHECK_S, body=frame, form=form)
        return body

    async def _connected(self) -> Link:
        if self.link is None or not self.link.alive:
            self.link = await self.processes.make("catalog", lambda header, body: None)
        return self.link

    def hang_up(self) -> None:
        """Let the catalog worker end; the next question makes another."""
        if self.link is not None:
            self.link.close()
            self.link = None

    def describe(self, lab: str) -> dict[str, Any]:
        """A lab's description; raises the 404 that says why there is none."""
        if lab in self.labs:
            return self.labs[lab]
        for chapter in self.chapters:
            for broken in chapter.get("broken", []):
                if broken["id"] == lab:
                    raise Problem(404, f"The lab {lab!r} does not start: {broken['message']}", kind="broken-lab")
        raise not_found("lab", lab[:100], "GET /api/chapters lists them.")

    async def check(self, lab: str, config: dict[str, Any]) -> dict[str, Any]:
        """{errors, parameters, summary, config}: what the config would build, the server's own limits included."""
        self.describe(lab)
        try:
            found = await self._ask("check", CHECK_S, lab=lab, config=config)
        except Refusal as refusal:
            raise of_worker(refusal.problem) from None
        except WorkerGone:
            raise starting() from None
        found["errors"] = brief(found["errors"] + self._over(found))
        return found

    async def checked(self, lab: str, config: dict[str, Any]) -> dict[str, Any]:
        """The full config; raises a 422 naming field, value and bound."""
        found = await self.check(lab, config)
        if found["errors"]:
            raise invalid(found["errors"])
        return dict(found["config"])

    def _over(self, found: dict[str, Any]) -> list[dict[str, Any]]:
        """Where the server's limits are broken."""
        limits, summary, config = self.settings, found.get("summary") or {}, found.get("config") or {}
        parameters, size = found.get("parameters") or 0, summary.get("bytes") or 0
        checks = [
            ("config", parameters, limits.max_parameters, "{:,} parameters; this server builds at most {:,}."),
            ("config", size, limits.run_memory_bytes, "about {:,} bytes of memory; a run may take {:,}."),
        ]
        over = [limit(*check) for check in checks if check[1] > check[2]]
        return over + self._over_batch(config)

    def _over_batch(self, config: dict[str, Any]) -> list[dict[str, Any]]:
        most, words = self.settings.max_batch, "{:,} examples in a batch; this server takes at most {:,}."
        sizes = {name: config[name] for name in ("batch_size", "batch") if isinstance(config.get(name), int)}
        return [limit(name, size, most, words) for name, size in sizes.items() if size > most]

    def bound(self, config: dict[str, Any]) -> None:
        """Raise the 422 for live fields beyond the server's limits."""
        if over := self._over_batch(config):
            raise invalid(over)


def starting() -> Problem:
    """503: the catalog worker has just ended."""
    return Problem(503, "The catalog is starting again.", kind="not-ready", headers={"Retry-After": "1"})


def limit(field: str, value: float, bound: float, text: str) -> dict[str, Any]:
    """One broken limit of the server."""
    return {"field": field, "message": text.format(value, bound), "value": value, "bound": {"le": bound}}
