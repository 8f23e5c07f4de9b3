"""What the routes share: the manager, the run of the path, the client."""

from typing import Annotated

from fastapi import Depends, Path
from starlette.requests import HTTPConnection

from server.datasets.keeping import Datasets
from server.runs.commands import Commands
from server.runs.manager import Manager
from server.runs.run import Run
from server.security import client_of


def manager_of(connection: HTTPConnection) -> Manager:
    """The manager of this server."""
    manager: Manager = connection.app.state.manager
    return manager


TheManager = Annotated[Manager, Depends(manager_of)]


def datasets_of(connection: HTTPConnection) -> Datasets:
    """The uploaded tables of this server."""
    datasets: Datasets = connection.app.state.datasets
    return datasets


TheDatasets = Annotated[Datasets, Depends(datasets_of)]


async def run_of(manager: TheManager, run: Annotated[str, Path(max_length=100)]) -> Run:
    """The run named in the path, or 404."""
    return await manager.get(run)


TheRun = Annotated[Run, Depends(run_of)]


def commands_of(manager: TheManager, run: TheRun) -> Commands:
    """The commands on that run."""
    return Commands(manager, run)


TheCommands = Annotated[Commands, Depends(commands_of)]


def client(connection: HTTPConnection) -> str:
    """Who asks."""
    return client_of(connection.scope)


TheClient = Annotated[str, Depends(client)]


async def _commanded(manager: TheManager, client: TheClient) -> None:
    manager.rates.take("commands", client)


async def _asked(manager: TheManager, client: TheClient) -> None:
    manager.rates.take("probes", client)


COMMANDED, ASKED = Depends(_commanded), Depends(_asked)
"""For the `dependencies` of a route: its requests are counted, and refused when they come too fast."""
