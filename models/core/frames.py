"""Figure <-> safetensors bytes: an 8-byte length, a JSON header, raw little-endian buffers.

The `__metadata__` of the header holds the frame's run, take, view, kind, step and epoch, and in `figure` the JSON of
the figure, where `{"$": name}` stands for a tensor. A quantised tensor also has lo and hi:
value = lo + q/254 · (hi − lo), and q = 255 is not finite.
"""

from __future__ import annotations

import json
import math
import types
import typing
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

import torch
from safetensors import TensorSpec, serialize
from safetensors.torch import load
from torch import Tensor

from models.core.figures import KINDS, Choices, Figure

LEVELS = 254
PLAIN = (str, int, bool, type(None))
DTYPES = {"f16": torch.float16, "f32": torch.float32, "i32": torch.int32, "index": torch.uint8}


def encode(figure: Figure, **metadata: object) -> bytes:
    """The bytes of a figure; `metadata` is written beside it as strings."""
    tensors: dict[str, Tensor] = {}
    tree = _walk(figure, _Packer(tensors))
    header = {name: str(value) for name, value in metadata.items()}
    text = json.dumps(tree, ensure_ascii=False, separators=(",", ":"))
    specs = {name: _spec(tensor) for name, tensor in tensors.items()}  # `tensors` keeps their memory while it is read
    return bytes(serialize(specs, {**header, "kind": figure.kind, "figure": text}))


def _spec(tensor: Tensor) -> TensorSpec:
    size = tensor.numel() * tensor.element_size()
    return TensorSpec(dtype=str(tensor.dtype)[6:], shape=list(tensor.shape), data_ptr=tensor.data_ptr(), data_len=size)


def decode(data: bytes) -> tuple[Figure, dict[str, str]]:
    """The figure in real units (as exact as it was packed) and the metadata of a frame."""
    metadata = read_metadata(data)
    tensors = load(data)
    return _build(json.loads(metadata.pop("figure")), tensors), metadata


def read_metadata(data: bytes) -> dict[str, str]:
    """The `__metadata__` of safetensors bytes."""
    length = int.from_bytes(data[:8], "little")
    return dict(json.loads(data[8 : 8 + length])["__metadata__"])


def to_json(figure: Figure, *, flat: bool = False) -> dict[str, Any]:
    """The figure as JSON in real units: tensors as nested lists, or flat as {shape, data}.

    What is not finite is null.
    """

    def plain(value: Tensor, how: str, owner: object, path: str) -> Any:
        numbers = [
            None if isinstance(v, float) and not math.isfinite(v) else v for v in value.detach().reshape(-1).tolist()
        ]
        return {"shape": list(value.shape), "data": numbers} if flat else _nested(numbers, list(value.shape))

    return dict(_walk(figure, plain))


def _nested(numbers: list[Any], shape: list[int]) -> Any:
    if not shape:
        return numbers[0]
    if len(shape) == 1:
        return numbers
    size = len(numbers) // shape[0] if shape[0] else 0
    return [_nested(numbers[i * size : (i + 1) * size], shape[1:]) for i in range(shape[0])]


class _Packer:
    """Packs each tensor as its field says and leaves a reference in its place."""

    def __init__(self, tensors: dict[str, Tensor]) -> None:
        self.tensors = tensors

    def __call__(self, value: Tensor, how: str, owner: object, path: str) -> dict[str, Any]:
        value = value.detach()
        if how == "u8":
            self.tensors[path], lo, hi = quantise(
                value, getattr(owner, "lo", None), getattr(owner, "hi", None), _signed(owner)
            )
            return {"$": path, "lo": lo, "hi": hi}
        self.tensors[path] = value.to("cpu", DTYPES[how]).contiguous()
        return {"$": path}


def _signed(owner: object) -> bool:
    return bool(getattr(owner, "signed", False))


def quantise(
    value: Tensor, lo: float | None = None, hi: float | None = None, signed: bool = False
) -> tuple[Tensor, float, float]:
    """(levels 0…254 as uint8, lo, hi): values outside lo…hi are clamped; without lo and hi the finite values' range,
    symmetric if signed.
    """
    value = value.to("cpu", torch.float32)
    low, high = (float(v) for v in torch.aminmax(value)) if value.numel() else (0.0, 1.0)
    whole = math.isfinite(low) and math.isfinite(high)  # NaN is passed on by aminmax
    finite = None if whole else torch.isfinite(value)
    if finite is not None:
        low, high = (float(v) for v in torch.aminmax(value[finite])) if bool(finite.any()) else (0.0, 1.0)
    if signed:
        high = max(abs(low), abs(high))
        low = -high
    lo, hi = low if lo is None else lo, high if hi is None else hi
    scale = LEVELS / (hi - lo) if hi > lo else 0.0
    levels = (value.nan_to_num() - lo if finite is not None else value - lo).mul_(scale)
    levels = levels.round_().clamp_(0, LEVELS).to(torch.uint8)
    if finite is not None:
        levels[~finite] = 255
    return levels.contiguous(), lo, hi


Pack = Callable[[Tensor, str, object, str], Any]


def _walk(value: Any, pack: Pack, path: str = "") -> Any:
    """The JSON tree of a figure, its tensors given to `pack`."""
    kind: Any = type(value)
    if kind in PLAIN:
        return value
    if kind is float:
        return value if math.isfinite(value) else None
    if layout := _layout(kind):
        return _walk_fields(value, layout, pack, path)
    if kind is list or kind is tuple:
        return [_walk(item, pack, f"{path}/{i}") for i, item in enumerate(value)]
    if kind is dict:
        return {str(key): _walk(item, pack, f"{path}/{key}") for key, item in value.items()}
    if isinstance(value, Tensor):
        return _walk(value.tolist(), pack, path)
    raise TypeError(f"{path} of a figure is a {kind.__name__}: figures hold tensors, numbers, text and lists of these.")


def _walk_fields(value: Any, layout: list[tuple[str, str]], pack: Pack, path: str) -> dict[str, Any]:
    tree: dict[str, Any] = {"kind": value.kind} if isinstance(value, Figure) else {}
    for name, how in layout:
        item, here = getattr(value, name), f"{path}/{name}" if path else name
        tree[name] = pack(item, how, value, here) if isinstance(item, Tensor) else _walk(item, pack, here)
    if isinstance(value, Choices):
        tree["of"] = value.figures[0].kind if value.figures else ""
    return tree


@cache
def _layout(kind: Any) -> list[tuple[str, str]]:
    return [(f.name, f.metadata.get("pack", "f32")) for f in fields(kind)] if is_dataclass(kind) else []


def _build(tree: Any, tensors: dict[str, Tensor], kind: Any = None) -> Any:
    """A figure, or a part of one, from its JSON."""
    if isinstance(tree, dict) and "$" in tree:
        value = tensors[tree["$"]]
        return unquantise(value, tree["lo"], tree["hi"]) if "lo" in tree else value
    if isinstance(tree, dict) and "kind" in tree:
        kind = KINDS[tree["kind"]]
    if isinstance(tree, dict) and is_dataclass(kind):
        hints = _hints(typing.cast(type, kind))
        return typing.cast(Any, kind)(
            **{name: _build(item, tensors, hints[name]) for name, item in tree.items() if name in hints}
        )
    if isinstance(tree, list):
        inner = next(iter(typing.get_args(kind)), None)
        items = [_build(item, tensors, inner) for item in tree]
        return tuple(items) if typing.get_origin(kind) is tuple else items
    return tree


@cache
def _hints(kind: type) -> dict[str, Any]:
    """The type of each field, without its `| None`."""

    def bare(hint: Any) -> Any:
        if isinstance(hint, types.UnionType):
            return next(part for part in typing.get_args(hint) if part is not type(None))
        return hint

    return {name: bare(hint) for name, hint in typing.get_type_hints(kind).items()}


def unquantise(levels: Tensor, lo: float, hi: float) -> Tensor:
    """The values of quantised levels; NaN where they were not finite."""
    values = lo + levels.float() * ((hi - lo) / LEVELS)
    values[levels == 255] = math.nan
    return values
