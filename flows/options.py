"""Options that many verbs of the command line share, and its exit codes."""

import logging
from pathlib import Path
from typing import Annotated, Any

import typer

USER, SOURCE_CHANGED = 2, 3  # exit codes; 1 is a bug
HERE = Path("allears.toml")

ConfigOption = Annotated[Path, typer.Option("--config", "-c", help="The configuration file.")]
LakeOption = Annotated[
    bool,
    typer.Option("--lake", help="Ask the lake itself: all days, as they are now; takes seconds."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


def quiet() -> None:
    """Keep the retries of sources to themselves where a table says what became of each."""
    logging.getLogger("connectors").setLevel(logging.ERROR)


def exit_for(faults: set[Any]) -> None:
    """End with the code of the worst fault; an unavailable source mends itself and is no reason to fail."""
    if "refused" in faults:
        raise typer.Exit(USER)
    if "changed" in faults:
        raise typer.Exit(SOURCE_CHANGED)
