"""The Prefect flow of a heavy rereading: Ray's workers read the files in a folder while its coordinator fills it."""

import os
import platform
from collections.abc import Generator
from functools import lru_cache
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows.config import Config, ConfigError
from flows.exchange import ORDER, TOPICS, TopicsFile, give_back, mentions_in, order_in, waiting
from flows.read import Reader, Topics, read_mentions, reader_of
from flows.reread import name_of
from nlp.errors import ModelError


@flow(name="reread", validate_parameters=False)
def read_files(folder: str) -> Generator[str, None, None]:
    """Yield each file of mentions in `folder` when it has been read, until none is left.

    Whoever takes one removes it, and may put others into the folder, before asking for the next.
    """
    done: SimpleQueue[Any] = SimpleQueue()
    given: set[Path] = set()
    while files := waiting(Path(folder)):
        for file in files:
            if file not in given:
                read_file.submit(str(file)).add_done_callback(done.put)
        given = set(files)
        yield done.get().result()


@task(name="read file", task_run_name="{file}", cache_policy=NO_CACHE)
def read_file(file: str) -> str:
    """Read one file of mentions, write what was read beside it, and return `file`."""
    mentions = Path(file)
    order = mentions.with_name(ORDER)
    if not order.exists():
        hint = f"[workers] exchange must be a folder that every worker sees as {mentions.parent}"
        raise ConfigError(f"the worker on {platform.node()} does not see {order}; {hint}")
    reader = _reader(order.read_text(encoding="utf-8"))
    found = read_mentions(mentions_in(mentions), reader, Topics(TopicsFile(mentions.with_name(TOPICS))))
    give_back(mentions, found.readings, found.aspects)
    return file


@lru_cache(maxsize=1)
def _reader(told: str) -> Reader:
    """Return what the order `told` has mentions read with; loaded once in each process."""
    order = order_in(told)
    for name in ("OMP_NUM_THREADS", "RAYON_NUM_THREADS"):  # of the optional models, and of tokenizers
        os.environ[name] = str(order.threads)
    reader = reader_of(Config(order.file, order.sections, (), ()), threads=order.threads)
    if name_of(reader) != order.reader:
        hint = "install the same release of Allears, with the same extras, on every machine"
        raise ModelError(
            f"the worker on {platform.node()} has {name_of(reader)} to read with, not {order.reader}; {hint}"
        )
    return reader
