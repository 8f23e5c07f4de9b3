"""What comes in and goes out: every bound stands here or in the settings."""

import math
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from server.runs.run import Run, Status

MAX_SEED = (1 << 63) - 1
MAX_DEPTH, MAX_VALUES = 32, 20_000


def sound(value: Any) -> Any:
    """Refuse what JSON has not (NaN, infinity), what no database holds (NUL, half a character), and what has no end."""
    level, count = [value], 0
    for _ in range(MAX_DEPTH):
        count += len(level)
        if count > MAX_VALUES:
            raise ValueError(f"more than {MAX_VALUES:,} values")
        inner: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                inner += [*item.keys(), *item.values()]
            elif isinstance(item, list):
                inner += item
            elif isinstance(item, float) and not math.isfinite(item):
                raise ValueError(f"{item} is not a finite number")
            elif isinstance(item, str) and ("\0" in item or not _whole(item)):
                raise ValueError("a text holds a NUL or half a character")
        if not inner:
            return value
        level = inner
    raise ValueError(f"nested deeper than {MAX_DEPTH}")


def _whole(text: str) -> bool:
    """Whether every character is one: half a surrogate pair has no UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


Json = Annotated[Any, AfterValidator(sound)]
Config = Annotated[dict[str, Any], AfterValidator(sound)]
Text = Annotated[str, AfterValidator(sound)]
Speed = Annotated[
    float | None, Field(gt=0, le=1e6, allow_inf_nan=False, description="Steps a second at most; null is full speed.")
]


class Input(BaseModel):
    """A request body: nothing unknown, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True)


class NewRun(Input):
    """A run to make."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"lab": "mlp", "config": {"learning_rate": 0.1}, "seed": 1}]}
    )
    lab: Text = Field(max_length=100, description="A lab's id, from /api/chapters.")
    config: Config = Field({}, description="Settings that differ from the lab's defaults.")
    seed: int = Field(0, ge=0, le=MAX_SEED)
    name: Text = Field("", max_length=200)
    autoplay: bool = Field(
        True, description="Train at once; otherwise the run stands at step 0, a draft until its first step."
    )
    max_steps: int | None = Field(None, ge=1, description="Where it ends; the lab has a default.")
    steps_per_second: Speed = None


class Change(Input):
    """What of a run is to be another. Fields left out stay."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"config": {"learning_rate": 0.03}}, {"steps_per_second": 1}]}
    )
    config: Config = Field({}, description="Live fields only.")
    name: Text | None = Field(None, max_length=200)
    notes: Text | None = Field(None, max_length=20_000)
    steps_per_second: Speed = None
    max_steps: int | None = Field(None, ge=1)
    gesture: Text | None = Field(
        None, max_length=100, description="The name of the drag this belongs to, so that it is undone as one."
    )


class Steps(Input):
    """How many steps."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"count": 10}]})
    count: int = Field(1, ge=1, le=1_000)


class Reset(Input):
    """The settings and the seed of the new beginning; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}, {"seed": 7}]})
    config: Config = {}
    seed: int | None = Field(None, ge=0, le=MAX_SEED)


class Rewind(Input):
    """The step to go back to."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"step": 0}]})
    step: int = Field(ge=0, le=1 << 53)


class Branch(Input):
    """Where a new run begins, and what is otherwise in it from there on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}, {"seed": 7}]})
    step: int | None = Field(
        None, ge=0, le=1 << 53, description="A step that has been made; the present one if left out."
    )
    config: Config = {}
    seed: int | None = Field(None, ge=0, le=MAX_SEED, description="Chance from here on.")


class Keyframes(BaseModel):
    """The steps whose views are kept."""

    steps: list[int]


class Check(Input):
    """A config to look at."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"config": {}}]})
    config: Config = {}


class Checked(BaseModel):
    """What a config would build, or what is wrong with it."""

    errors: list[dict[str, Any]]
    parameters: int
    summary: dict[str, Any] | None = None
    config: dict[str, Any] | None = None


class RunOut(BaseModel):
    """A run as it is now."""

    id: str
    lab: str
    config: dict[str, Any]
    seed: int
    name: str
    notes: str
    status: Status
    step: int
    epoch: float
    take: int
    max_steps: int
    speed: float | None = Field(description="The limit in steps a second; null is full speed.")
    steps_per_second: float | None = Field(None, description="As measured while it runs.")
    examples_per_second: float | None = None
    queue_place: int | None = None
    phase: str = ""
    message: str
    problem: dict[str, Any] | None = Field(None, description="Why it paused by itself: what happened, in numbers.")
    error: dict[str, Any] | None = Field(None, description="Why it failed: {kind, message, hint}.")
    notices: list[dict[str, str]] = Field([], description="What to know at the moment: {kind, message, hint} each.")
    passed: list[str] = Field([], description="Challenges passed.")
    created_at: float

    @classmethod
    def of(cls, run: Run) -> "RunOut":
        """A live run."""
        record = run.record
        return cls(
            id=record.id,
            lab=record.lab,
            seed=record.seed,
            name=record.name,
            notes=record.notes,
            created_at=record.created_at,
            **run.state(),
        )

    @classmethod
    def of_row(cls, row: dict[str, Any]) -> "RunOut":
        """A stored run."""
        return cls(**{name: value for name, value in row.items() if name in cls.model_fields})


class Previous(BaseModel):
    """The run of the same lab that was made before: its seed, and its settings where they were others."""

    id: str
    seed: int
    config: dict[str, Any]


class Listed(RunOut):
    """A run in a list, beside the one before it."""

    previous: Previous | None = None


class RunList(BaseModel):
    """Runs, newest first; `next` goes into ?before= for those that follow."""

    runs: list[Listed]
    next: str | None


class Stepped(RunOut):
    """Where the run stands after the steps, with the metrics they recorded."""

    metrics: dict[str, list[float | int | None]]


class Acted(BaseModel):
    """The step after which the change was made."""

    step: int


class Edits(BaseModel):
    """Changes by hand in their order."""

    edits: list[dict[str, Any]]
