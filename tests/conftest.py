"""What every test starts from: a quiet, offline Prefect of its own, and a clock that stands still."""

import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import settings

# Before anything imports Prefect, which reads its settings once.
os.environ |= {
    "PREFECT_HOME": os.environ.get("PREFECT_TEST_HOME") or tempfile.mkdtemp(prefix="prefect-"),
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "HF_HUB_OFFLINE": "1",  # no test downloads a model
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    "PREFECT_LOGGING_LEVEL": "WARNING",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
}
os.environ.pop("PREFECT_API_URL", None)

settings.register_profile("quick", max_examples=30)  # of tests that say no number: the suite stays within minutes
settings.load_profile("quick")

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    """The morning of every test."""
    return NOW


@pytest.fixture(scope="session")
def prefect() -> Iterator[None]:
    """A Prefect server with a database of its own, for the tests that run flows."""
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=120):
        yield


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the tests of the warehouse be run over the other store: `pytest --lake tests/test_warehouse.py`."""
    parser.addoption("--lake", action="store_true", help="keep every warehouse of the tests in a lake")


@pytest.fixture(scope="session", autouse=True)
def _store(request: pytest.FixtureRequest) -> Iterator[None]:
    if not request.config.getoption("--lake"):
        yield
        return
    from tests.lakes import new_lake, postgres
    from warehouse import warehouse

    with postgres() as server, pytest.MonkeyPatch.context() as patch:
        patch.setattr(warehouse, "OneFile", lambda path: new_lake(server.address, path))
        yield
