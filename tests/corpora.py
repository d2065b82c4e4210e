"""Recorded answers and feeds of other projects, which lie beside the checkout and not in it."""

import os
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "shared" / "fixtures"


def corpus(name: str) -> Path:
    """Return the folder of a corpus; without it the test is skipped, and fails where CI must have it."""
    folder = FOLDER / name
    if not folder.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"{folder} is missing; CI reads every corpus")
        pytest.skip(f"the corpus {name} of other projects' files is not here")
    return folder
