"""The tables and keys of allears.toml, with their defaults."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from connectors.web.settings import HttpSettings

FROM_ENVIRONMENT = "env:"
POLITE = HttpSettings()


class Section(BaseModel):
    """A table of the file: nothing unknown in it, nothing changed after it was checked."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class WarehousePaths(Section):
    """Where the files are; relative to the configuration's own folder."""

    path: Path = Path("warehouse.duckdb")
    published: Path = Path("published")
    mart: Path = Path("mart.duckdb")
    rejects: Path = Path("rejects")


class HttpSection(Section):
    """How politely and how patiently sources are asked."""

    allow_private: tuple[str, ...] = ()
    per_host_per_s: Annotated[float, Field(gt=0)] = POLITE.per_host_per_s
    max_mb: Annotated[int, Field(gt=0)] = POLITE.max_mb
    timeout_s: Annotated[float, Field(gt=0)] = POLITE.timeout_s


class CollectSection(Section):
    """How long one feed may be walked in one run; the next run goes on where it stopped."""

    budget_s: Annotated[float, Field(gt=0)] = 1_800


class SlackSection(Section):
    """Where alerts go: an incoming webhook, given as "env:NAME"; without one they are printed."""

    webhook: Annotated[str, Field(pattern=f"^{FROM_ENVIRONMENT}")] | None = None


class AlertsSection(Section):
    """Folders with rules of one's own, besides the ones that come with Allears."""

    rules: tuple[Path, ...] = ()


class ScheduleSection(Section):
    """When `allears schedule` starts the daily run."""

    cron: str = "0 6 * * *"
    timezone: str = "UTC"


class BrandSection(Section):
    """One of [[brands]]."""

    name: Annotated[str, Field(min_length=1)]
    query: str | None = None
    competitor: bool = False


class File(Section):
    """The whole file."""

    version: Literal[1] = 1
    warehouse: WarehousePaths = WarehousePaths()
    http: HttpSection = HttpSection()
    collect: CollectSection = CollectSection()
    slack: SlackSection = SlackSection()
    alerts: AlertsSection = AlertsSection()
    schedule: ScheduleSection = ScheduleSection()
    brands: tuple[BrandSection, ...] = ()
    feeds: tuple[dict[str, Any], ...] = ()


def known_keys(path: Sequence[int | str]) -> list[str]:
    """Return the keys that may stand at `path`, such as ("http",) or ("brands", 0)."""
    sections: dict[str, type[Section]] = {
        "warehouse": WarehousePaths,
        "http": HttpSection,
        "collect": CollectSection,
        "slack": SlackSection,
        "alerts": AlertsSection,
        "schedule": ScheduleSection,
        "brands": BrandSection,
    }
    return list((sections[str(path[0])] if path else File).model_fields)
