"""What a run did, and each of its feeds."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Fault = Literal["unavailable", "refused", "changed"]


@dataclass(slots=True)
class FeedReport:
    """What one feed brought in one run. `status` is ok, suspect or failed; `message` says why.

    `forgotten` and `too_old` are mentions that were not kept, for the sake of people and of [retention].
    `quota_left` is what the source still allowed at the end, None where it does not say.
    """

    feed: str
    source: str
    status: Literal["ok", "suspect", "failed"] = "ok"
    fault: Fault | None = None
    message: str | None = None
    pages: int = 0
    seen: int = 0
    new: int = 0
    changed: int = 0
    deleted: int = 0
    rejects: int = 0
    forgotten: int = 0
    too_old: int = 0
    requests: int = 0
    bytes: int = 0
    quota_left: int | None = None
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain values."""
        return asdict(self)


@dataclass(slots=True)
class RunReport:
    """What one run did. `problems` are what a person should know of; the run went on despite them."""

    run_id: str
    feeds: list[FeedReport] = field(default_factory=list)
    expired: int = 0  # mentions that were kept for as long as [retention] says
    read: int = 0
    new_topics: int = 0
    alerts: list[str] = field(default_factory=list)
    delivered: int = 0
    problems: list[str] = field(default_factory=list)
    mart: str | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    load_s: float = 0.0  # of `seconds["collect"]`, writing to the warehouse

    @property
    def state(self) -> str:
        """Return the name of the state that the run ends in."""
        return "CompletedWithFailures" if self.problems else "Completed"

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain values."""
        return {"state": self.state} | asdict(self)
