"""The tables and keys of allears.toml, with their defaults."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from connectors.web.settings import HttpSettings
from flows.privacy import Authors
from nlp.aspects import WORD
from nlp.privacy.redact import KINDS, Kind
from warehouse.own import READERS, reader_of

FROM_ENVIRONMENT = "env:"
LAKE = "ducklake:postgres:"
EMBEDDED = "embedded"
LANGUAGE = re.compile("[a-z]{2,3}")
POLITE = HttpSettings()
LAND_ROWS = 25_000  # in one transaction: what costs a second or two
Days = Annotated[int, Field(gt=0)]


def _kinds(value: Any) -> Any:
    return KINDS if value is True else () if value is False else value


class Section(BaseModel):
    """A table of the file: nothing unknown in it, nothing changed after it was checked."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _lake(told: str) -> str:
    if not told.startswith((LAKE, FROM_ENVIRONMENT)):
        raise ValueError(f'a lake is "{LAKE}host=… dbname=…", or "env:NAME" with that in the environment variable')
    if "password=" in told:
        raise ValueError("a password is a secret: leave it out and set PGPASSWORD, or give the url as env:NAME")
    return told


class S3Section(Section):
    """How the object store of a lake is reached; its keys are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."""

    endpoint: Annotated[str, Field(pattern="^https?://")] | None = None
    region: str = "us-east-1"
    path_style: bool = False


class WarehousePaths(Section):
    """Where the files are, relative to the configuration's own folder; `url`, `data` and `mart_days` are of a lake.

    The mart then holds single mentions of the last `mart_days` days, and the counts of all days.
    """

    path: Path = Path("warehouse.duckdb")
    published: Path = Path("published")
    mart: Path = Path("mart.duckdb")
    rejects: Path = Path("rejects")
    url: Annotated[str, AfterValidator(_lake)] | None = None
    data: str | None = None
    mart_days: Days | None = None
    s3: S3Section = S3Section()

    @model_validator(mode="after")
    def _has_both(self) -> Self:
        if (self.url is None) != (self.data is None):
            raise ValueError("a lake has a url, for its catalog, and data, a folder or s3://bucket/prefix")
        if self.mart_days and self.url is None:
            raise ValueError("mart_days is for a lake: the copy of a file holds all that the file holds")
        return self


class WorkersSection(Section):
    """Who else works on a run over a lake: `helpers` flow runs, which the workers of a Prefect pool take up.

    `chunk` is how many unread mentions a process reads at a time, and what a kill costs it.
    `exchange` is the folder through which the workers of `reread --on ray` get mentions; on a cluster all must see it.
    """

    helpers: Annotated[int, Field(ge=0)] = 0
    chunk: Annotated[int, Field(gt=0)] = 2_000
    exchange: Path = Path("exchange")


class HttpSection(Section):
    """How politely and how patiently sources are asked."""

    allow_private: tuple[str, ...] = ()
    per_host_per_s: Annotated[float, Field(gt=0)] = POLITE.per_host_per_s
    max_mb: Annotated[int, Field(gt=0)] = POLITE.max_mb
    timeout_s: Annotated[float, Field(gt=0)] = POLITE.timeout_s


class CollectSection(Section):
    """How long one feed may be walked in one run, and after how many mentions or seconds what it brought is kept.

    The next run goes on where a walk stopped; a kill costs what was not kept.
    """

    budget_s: Annotated[float, Field(gt=0)] = 1_800
    land_rows: Annotated[int, Field(gt=0)] = LAND_ROWS
    land_s: Annotated[float, Field(gt=0)] = 2.0


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


class PrivacySection(Section):
    """What of people is kept: `redact` is true, false or a list of kinds; `key` is for authors' pseudonyms."""

    redact: Annotated[tuple[Kind, ...], BeforeValidator(_kinds)] = KINDS
    authors: Authors = "keep"
    key: Annotated[str, Field(pattern=f"^{FROM_ENVIRONMENT}")] = "env:ALLEARS_PSEUDONYM_KEY"


class RetentionSection(Section):
    """For how many days after it was posted a mention of each kind is kept; None is for ever."""

    review: Days | None = None
    forum: Days | None = None
    social: Days | None = None
    news: Days | None = None
    own: Days | None = None


class BrandSection(Section):
    """One of [[brands]]."""

    name: Annotated[str, Field(min_length=1)]
    query: str | None = None
    competitor: bool = False


def _languages(told: object) -> object:
    codes = [told] if isinstance(told, str) else told
    if isinstance(codes, list) and not all(isinstance(code, str) and LANGUAGE.fullmatch(code) for code in codes):
        raise ValueError('languages are ISO 639-1 codes such as ["en", "de"], or "any"')
    return codes


class ModelsSection(Section):
    """The model that says how a mention feels: the embedded one, or one of the user's own.

    `languages` are those it can read, by default the ones of the embedded model.
    """

    sentiment: Annotated[str, Field(min_length=1)] = EMBEDDED
    revision: str | None = None
    label_map: dict[str, Literal["negative", "neutral", "positive"]] = {}
    languages: Annotated[tuple[str, ...], BeforeValidator(_languages)] = ()
    device: Literal["auto", "cpu", "cuda"] = "auto"


def _own_name(told: str) -> str:
    if not told.isidentifier():
        raise ValueError("the name of a table is letters, digits and _, and begins with a letter, such as customers")
    return told


def _own_file(told: Path) -> Path:
    if not reader_of(told):
        raise ValueError(f"name a file that ends in {', '.join(READERS)}; a spreadsheet can be saved as CSV UTF-8")
    return told


class TableSection(Section):
    """One of [[tables]]: a file of one's own that each run copies into the mart as own.NAME."""

    name: Annotated[str, AfterValidator(_own_name)]
    file: Annotated[Path, AfterValidator(_own_file)]
    description: str | None = None
    columns: dict[str, str] = {}


def _phrases(told: tuple[str, ...]) -> tuple[str, ...]:
    if not all(WORD.search(phrase) for phrase in told):
        raise ValueError('an aspect is a list of words and phrases, such as ["parking", "car park"]; [] drops it')
    return told


class File(Section):
    """The whole file. [aspects] holds words for aspects of one's own, and replaces or drops known ones by name."""

    version: Literal[1] = 1
    warehouse: WarehousePaths = WarehousePaths()
    workers: WorkersSection = WorkersSection()
    http: HttpSection = HttpSection()
    collect: CollectSection = CollectSection()
    slack: SlackSection = SlackSection()
    alerts: AlertsSection = AlertsSection()
    schedule: ScheduleSection = ScheduleSection()
    privacy: PrivacySection = PrivacySection()
    retention: RetentionSection = RetentionSection()
    models: ModelsSection = ModelsSection()
    aspects: dict[str, Annotated[tuple[str, ...], AfterValidator(_phrases)]] = {}
    brands: tuple[BrandSection, ...] = ()
    feeds: tuple[dict[str, Any], ...] = ()
    tables: tuple[TableSection, ...] = ()


def known_keys(path: Sequence[int | str]) -> list[str]:
    """Return the keys that may stand at `path`, such as ("http",) or ("brands", 0)."""
    sections: dict[str, type[Section]] = {
        "warehouse": WarehousePaths,
        "workers": WorkersSection,
        "http": HttpSection,
        "collect": CollectSection,
        "slack": SlackSection,
        "alerts": AlertsSection,
        "schedule": ScheduleSection,
        "privacy": PrivacySection,
        "retention": RetentionSection,
        "models": ModelsSection,
        "brands": BrandSection,
        "tables": TableSection,
    }
    return list((sections[str(path[0])] if path else File).model_fields)
