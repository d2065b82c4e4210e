"""Progress bars in a terminal; elsewhere nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn


class Bars(Protocol):
    """Where the steps of a run say how far they are; may be called from several threads."""

    def begin(self, name: str, total: int | None = None) -> int:
        """Show a bar; `total` None means that the end is unknown. Returns its number."""

    def advance(self, bar: int, by: int) -> None:
        """Move a bar on."""

    def end(self, bar: int) -> None:
        """Take a bar away."""


class Silent:
    """No bars: for schedules, pipes and tests."""

    def begin(self, name: str, total: int | None = None) -> int:  # noqa: ARG002
        """Show nothing."""
        return 0

    def advance(self, bar: int, by: int) -> None:
        """Show nothing."""

    def end(self, bar: int) -> None:
        """Show nothing."""


class _Shown:
    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def begin(self, name: str, total: int | None = None) -> int:
        return self._progress.add_task(name, total=total)

    def advance(self, bar: int, by: int) -> None:
        self._progress.advance(TaskID(bar), by)

    def end(self, bar: int) -> None:
        self._progress.remove_task(TaskID(bar))


@contextmanager
def bars(console: Console) -> Iterator[Bars]:
    """Yield bars that are shown on `console` if a person is looking."""
    if not console.is_terminal:
        yield Silent()
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield _Shown(progress)
