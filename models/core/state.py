"""The attributes of a lab <-> tensors and JSON, exactly: what is restored continues bit for bit.

State is tensors, anything with `state_dict` (and its parameters' `.grad`), generators, None, numbers, strings, and
lists, tuples and dicts
of these. Tensors that share memory share it again after a restore. What is byte-equal to what `__init__` made is not
stored.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from models.core.errors import BadState
from models.core.lab import Lab

PLAIN = (bool, int, float, str, type(None))
DTYPES = {
    name: getattr(torch, name)
    for name in ("float64", "float32", "float16", "bfloat16", "complex64", "complex128", "int64", "int32", "int16",
                 "int8", "uint8", "bool")
}  # fmt: skip
Geometry = tuple[str, tuple[int, ...], tuple[int, ...], int]


@dataclass
class Memory:
    """One block of memory and the tensors that look into it, by their path in the lab."""

    block: torch.UntypedStorage
    views: dict[str, Geometry] = field(default_factory=dict)

    def bytes(self) -> Tensor:
        """The block as (size,) uint8 on the CPU, without a copy where it is there."""
        return torch.empty(0, dtype=torch.uint8, device=self.block.device).set_(self.block).cpu()

    def digest(self) -> str:
        """A hash of its bytes."""
        return hashlib.blake2b(self.bytes().numpy().tobytes(), digest_size=16).hexdigest()


class Survey:
    """The state of a lab, looked through once: a JSON tree of its attributes and the blocks of memory they share."""

    def __init__(self, lab: Lab) -> None:
        self.blocks: dict[int, Memory] = {}
        self.tensors: dict[str, Tensor] = {}
        attributes = {name: value for name, value in vars(lab).items() if name != "config"}
        self.tree = {name: self._describe(value, name) for name, value in attributes.items()}
        self.memory = {next(iter(memory.views)): memory for memory in self.blocks.values()}

    def _describe(self, value: Any, path: str) -> Any:
        if isinstance(value, Tensor):
            return self._tensor(value, path)
        if isinstance(value, PLAIN):
            return {"value": value}
        if isinstance(value, torch.Generator):
            return {"generator": None if value is torch.default_generator else self._tensor(value.get_state(), path)}
        if type(value) is list and all(type(item) in PLAIN for item in value):
            return {"value": list(value)}
        if isinstance(value, list | tuple):
            return {type(value).__name__: [self._describe(item, f"{path}/{i}") for i, item in enumerate(value)]}
        if isinstance(value, dict):
            return {"dict": [[key, self._describe(item, f"{path}/{key}")] for key, item in value.items()]}
        if hasattr(value, "state_dict"):
            return {
                "object": self._describe(dict(value.state_dict()), path),
                "grads": self._describe(_grads(value), f"{path}/grad"),
            }
        raise TypeError(
            f"{path} is a {type(value).__name__}: a lab's state is tensors, modules, optimisers, trails, numbers, text "
            "and lists of these."
        )

    def _tensor(self, value: Tensor, path: str) -> Any:
        value = value.detach()
        block = value.untyped_storage()
        memory = self.blocks.setdefault(block.data_ptr() or id(block), Memory(block))
        memory.views[path] = (
            str(value.dtype)[6:],
            tuple(value.shape),
            tuple(value.stride()),
            int(value.storage_offset()),
        )
        self.tensors[path] = value
        return {"tensor": path}

    def digests(self) -> dict[str, tuple[dict[str, Geometry], str]]:
        """Of each block: who looks into it, and the hash of its bytes."""
        return {name: (memory.views, memory.digest()) for name, memory in self.memory.items()}


Reference = dict[str, tuple[dict[str, Geometry], str]]


def reference(lab: Lab) -> Reference:
    """What `__init__` made, to be compared with later."""
    return Survey(lab).digests()


def dump(lab: Lab, made: Reference) -> tuple[Any, dict[str, Tensor]]:
    """(JSON, tensors) of a lab's state; blocks still as `__init__` made them are left out."""
    survey = Survey(lab)
    blocks, tensors = {}, {}
    for name, memory in survey.memory.items():
        kept = name not in made or made[name] != (memory.views, memory.digest())
        views = {path: list(geometry) for path, geometry in memory.views.items()}
        blocks[name] = {"views": views, "stored": kept, "digest": None if kept else made[name][1]}
        if kept:
            tensors[f"block/{name}"] = memory.bytes().clone()
    return {"tree": survey.tree, "blocks": blocks}, tensors


def load(lab: Lab, made: Reference, saved: Any, tensors: dict[str, Tensor]) -> None:
    """Puts a saved state into a lab fresh from `__init__` with the same first config and seed, which made `made`.

    Raises BadState if it does not fit.
    """
    fresh = Survey(lab)
    leaves: dict[str, Tensor] = {}
    for name, block in saved["blocks"].items():
        views = {path: _geometry(path, g) for path, g in block["views"].items()}
        if block["stored"] and (tensors[f"block/{name}"].dtype, tensors[f"block/{name}"].ndim) != (torch.uint8, 1):
            raise BadState(f"{name} is not a block of bytes.")
        there = fresh.memory.get(name)
        same = there is not None and there.views == views
        if not block["stored"]:
            if not same or made[name][1] != block["digest"]:
                raise BadState(f"{name} is not in the saved state, and the lab makes another one here.")
            leaves |= {path: fresh.tensors[path] for path in views}
        elif same and there is not None and there.block.nbytes() == len(tensors[f"block/{name}"]):
            _bytes_in_place(there).copy_(tensors[f"block/{name}"])
            leaves |= {path: fresh.tensors[path] for path in views}
        else:
            leaves |= _views(tensors[f"block/{name}"].clone(), views)
    for name in set(vars(lab)) - set(saved["tree"]) - {"config"}:
        delattr(lab, name)
    for name, tree in saved["tree"].items():
        _may_be_set(lab, name)
        setattr(lab, name, _restore(getattr(lab, name, None), tree, leaves))


def _may_be_set(lab: Lab, name: str) -> None:
    """Raises BadState where an attribute would hide what the lab's class does, or its config."""
    if (
        name == "config"
        or name.startswith("__")
        or (name not in vars(lab) and callable(getattr(type(lab), name, None)))
    ):
        raise BadState(f"{name} is no part of a lab's state.")


def _geometry(path: str, given: Any) -> Geometry:
    """Where a tensor lies in its block, as a file claims it: type, shape, stride, offset."""
    dtype, shape, stride, offset = given
    numbers = [*shape, *stride, offset]
    if (
        dtype not in DTYPES
        or len(shape) != len(stride)
        or not all(type(n) is int and 0 <= n < 1 << 40 for n in numbers)
    ):
        raise BadState(f"{path} is described by what is no shape: {given}"[:300])
    return str(dtype), tuple(shape), tuple(stride), offset


def _bytes_in_place(memory: Memory) -> Tensor:
    return torch.empty(0, dtype=torch.uint8, device=memory.block.device).set_(memory.block)


def _views(block: Tensor, views: dict[str, Geometry]) -> dict[str, Tensor]:
    """The tensors that look into a block of bytes."""
    storage = block.untyped_storage()
    made = {}
    for path, (dtype, shape, stride, offset) in views.items():
        room, count = block.numel() // DTYPES[dtype].itemsize, math.prod(shape)
        last = offset + sum((n - 1) * s for n, s in zip(shape, stride, strict=True))
        if count > room or (count and last >= room):  # `set_` would take what is missing from anywhere
            raise BadState(f"{path} of shape {list(shape)} does not lie within its {block.numel():,} bytes.")
        made[path] = torch.empty(0, dtype=DTYPES[dtype]).set_(storage, offset, shape, stride)
    return made


def _restore(now: Any, tree: Any, leaves: dict[str, Tensor]) -> Any:
    """The saved value; objects with a state_dict, and tensors whose memory stayed, are the lab's own with the saved
    content.
    """
    (how, content), *more = tree.items()
    if how == "value":
        return content
    if how == "tensor":
        leaf = leaves[content]
        return (
            now
            if isinstance(now, Tensor)
            and now.data_ptr() == leaf.data_ptr()
            and now.shape == leaf.shape
            and now.stride() == leaf.stride()
            else leaf
        )
    if how == "generator":
        if content is not None:
            now.set_state(leaves[content["tensor"]])
        return torch.default_generator if content is None else now
    if how in ("list", "tuple"):
        before = now if isinstance(now, list | tuple) else ()
        items = [_restore(before[i] if i < len(before) else None, item, leaves) for i, item in enumerate(content)]
        return items if how == "list" else tuple(items)
    if how == "dict":
        known = now if isinstance(now, dict) else {}
        return {key: _restore(known.get(key), item, leaves) for key, item in content}
    if not hasattr(now, "load_state_dict"):
        raise BadState("The saved state has an object where this lab has none.")
    now.load_state_dict(_restore(dict(now.state_dict()), content, leaves))
    _set_grads(now, _restore(_grads(now), more[0][1], leaves))
    return now


def _parameters(value: Any) -> Iterator[tuple[str, nn.Parameter]]:
    if isinstance(value, nn.Module):
        yield from value.named_parameters()


def _grads(value: Any) -> dict[str, Tensor]:
    return {name: parameter.grad for name, parameter in _parameters(value) if parameter.grad is not None}


def _set_grads(value: Any, grads: dict[str, Tensor]) -> None:
    for name, parameter in _parameters(value):
        parameter.grad = grads.get(name)
