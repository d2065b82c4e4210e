"""Heavy rereadings: the models at work in processes of Ray, here or on a cluster, the warehouse in this one."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from functools import partial
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from warnings import catch_warnings

from flows.config import ConfigError
from flows.exchange import Exchange, Order, open_exchange
from flows.reread import Rest, name_of, read_here
from flows.start import prefect_server
from nlp.encoder import cores

AHEAD = 2  # files for each core: one at which it works, one that waits for it
LOOPBACK = ("127.0.0.1", "localhost", "::1")

# Before Ray is imported, which reads them once.
QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",  # under `uv run` it would make each worker an environment, from the network
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # on every system: nothing listens but on loopback
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # a model that runs on a GPU here finds it in the workers too
}
STORE_BYTES = 100 << 20  # what Ray would keep of objects in memory; here only paths go through it


def reads_on(on: str, workers: int | None) -> Callable[[Rest], None]:
    """Return what reads a rest where `on` says: here, in `workers` processes of Ray, or on the cluster at an address.

    Raises ConfigError for a place that is none, or cannot be used.
    """
    if on != "ray" and workers is not None:
        raise ConfigError("--workers is of --on ray; a cluster has as many workers as Ray knows cores there")
    if on == "here":
        return read_here
    if on != "ray" and not on.startswith("ray://"):
        raise ConfigError(
            f"--on {on}: known are here, ray, and the address of a cluster such as ray://head.example:10001"
        )
    if on != "ray" and urlsplit(on).hostname not in LOOPBACK and not os.environ.get("PREFECT_API_URL"):
        hint = "its workers tell a Prefect server how far they are; start one that they reach, and set PREFECT_API_URL"
        raise ConfigError(f"--on {on}: {hint}")
    if find_spec("prefect_ray") is None:
        raise ConfigError(f"--on {on} needs Ray, which is not installed: uv sync --extra ray")
    return partial(read_on_ray, address=on if on != "ray" else None, workers=workers or cores())


def read_on_ray(rest: Rest, address: str | None, workers: int) -> None:
    """Read all of `rest` in `workers` processes of Ray on this machine, or with each core of the cluster at `address`.

    They exchange Parquet files with this process, which keeps each as it comes. What a worker that dies was reading is
    read again by another.
    """
    config = rest.desk.config
    threads = 1 if address else max(1, cores() // workers)
    order = Order(config.file, config.sections, name_of(rest.reader), threads)
    with (
        prefect_server(),
        open_exchange(config.exchange, order, rest.desk.warehouse.centroids()) as exchange,
        _ray(address, workers) as ray,
    ):
        try:
            _read_all(rest, exchange, lambda: int(ray.cluster_resources().get("CPU", 1)))
        except ray.exceptions.RayError as error:
            hint = "what was read is kept; give it fewer workers, or more memory, and give the same command again"
            raise ConfigError(
                f"--on ray: one file was given to Ray again and again and never read: {error}; {hint}"
            ) from None


def _read_all(rest: Rest, exchange: Exchange, slots: Callable[[], int]) -> None:
    """Let Ray read `rest`, while no more of it is written than the workers need."""
    from prefect_ray import RayTaskRunner

    from flows.rayflow import read_files

    chunks = rest.chunks()

    def fill() -> None:
        for unread in islice(chunks, max(0, AHEAD * slots() - exchange.out)):
            exchange.put(unread)

    fill()
    done = read_files.with_options(task_runner=RayTaskRunner())(str(exchange.folder))
    try:
        for file in map(Path, done):
            rest.keep(*exchange.take(file))
            exchange.drop(file)
            fill()
    except BaseException as error:
        done.throw(error)  # so that the flow ends as failed, and at once
        raise
    if exchange.out:
        hint = "another warehouse uses it too? Give each one of its own: [workers] exchange"
        raise ConfigError(f"{exchange.out} files went out of {exchange.folder} before they were read; {hint}")


@contextmanager
def _ray(address: str | None, workers: int) -> Iterator[Any]:
    """Yield Ray, connected to the cluster at `address` or to one of its own that ends with the context."""
    if not address:
        os.environ |= QUIET | os.environ
    import ray

    quiet: dict[str, Any] = {"logging_level": "ERROR", "log_to_driver": False}
    own: dict[str, Any] = {"num_cpus": workers, "include_dashboard": False, "object_store_memory": STORE_BYTES}
    try:
        with catch_warnings(action="ignore"):  # of what is then raised
            ray.init(address or "local", **quiet, **({} if address else own))
    except (ConnectionError, RuntimeError) as error:
        hint = "is the port open, and if the cluster wants a token, are RAY_AUTH_MODE=token and RAY_AUTH_TOKEN set?"
        raise ConfigError(f"--on {address or 'ray'}: {error}{f'; {hint}' if address else ''}") from None
    try:
        with redirect_stdout(sys.stderr):  # of workers that die Ray tells on standard output, which is for answers
            yield ray
    finally:
        ray.shutdown()
