"""What is imported once, before any worker is forked: torch, its compiler front end, and every lab under its own guard.

Without `torch._dynamo` a worker's first optimiser step would import it, which takes a second. No torch operation runs
here and no thread is started: a process with a second thread cannot be forked safely (a test counts them).
"""

import importlib
import os
from functools import cache
from pathlib import Path

from models.core import catalog as course
from models.core.catalog import Catalog


@cache
def catalog() -> Catalog:
    """Every lab that imports, those of the package $ORRERY_LABS too.

    Those that do not are in its `broken`, with the reason.
    """
    found = course.load()
    if package := os.environ.get("ORRERY_LABS"):
        module = importlib.import_module(package)
        own = course.Catalog(Path(module.__path__[0]), package)
        found.labs.update(own.labs)
        found.broken.update(own.broken)
        found.places.update(own.places)
        found.sections = [*found.sections, *own.sections]
    return found


def labs() -> None:
    """Import torch and every lab: enough to describe them."""
    for name in ("torch", "safetensors.numpy", "safetensors.torch", "models.core.session"):
        importlib.import_module(name)
    catalog()


def compiler() -> None:
    """Import what torch's optimisers import when first used."""
    importlib.import_module("torch._dynamo")
