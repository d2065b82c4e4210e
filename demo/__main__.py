"""The command line of the demo town."""

import argparse
import json
import signal
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Event

from demo import faults
from demo.config import write_config
from demo.town import Town, serve

ABOUT = """\
A small town on loopback that speaks the wire formats of Allears' sources, for demos, tests and load.

Its people talk for 90 days about an own brand and two competitors; an outage, a price rise, a launch, a
competitor's recall, a syndicated story and a feed that falls silent are planted. The same --mentions, --seed,
--today and --days give the same mentions byte for byte.
"""
EXAMPLES = """\
examples:
  python -m demo --port 0 --write-config /tmp/town/allears.toml     serve, and write a configuration to collect it
  python -m demo --mentions 100000 --faults 429:0.1,reset:0.02      more of it, on a bad day
  python -m demo --truth                                            print what a complete run must find
"""


def main(argv: list[str] | None = None) -> int:
    """Serve the town until SIGTERM or Ctrl-C, or print the truth about it; return the exit code."""
    parser = _parser()
    options = parser.parse_args(argv)
    try:
        town = Town(options.mentions, options.seed, options.today, options.days)
        mishaps = faults.Faults(options.faults, options.seed)
    except ValueError as error:
        parser.error(str(error))
    if options.truth:
        print(json.dumps(town.truth(), indent=1, ensure_ascii=False))  # noqa: T201
        return 0
    return _serve(town, options.port, mishaps, options.write_config)


def _serve(town: Town, port: int, mishaps: faults.Faults, config: Path | None) -> int:
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        with serve(town, port, mishaps) as address:
            if config:
                write_config(config, address, town)
            print(f"A town of {town.size} mentions is at {address}", flush=True)  # noqa: T201
            stop.wait()
    except OSError as error:
        print(f"python -m demo: {error}", file=sys.stderr)  # noqa: T201
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m demo", description=ABOUT, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--port", type=int, default=0, help="port on 127.0.0.1; 0, the default, takes any free one")
    add("--mentions", type=int, default=3000, help="how many in all, from 200 (default 3000; 100000 works)")
    add("--seed", type=int, default=1, help="another seed, another town (default 1)")
    add("--days", type=int, default=90, help="60 to 366 (default 90)")
    add("--today", type=date.fromisoformat, default=_today(), help="the day after the last (default: now, in UTC)")
    add("--faults", default="", metavar="KIND[:RATE],…", help=f"of {', '.join(faults.FAULTS)}; rate 0.1 if not given")
    add("--write-config", type=Path, metavar="FILE", help="write an allears.toml, and three exports beside it")
    add("--truth", action="store_true", help="print as JSON what is in the town, and do not serve")
    return parser


def _today() -> date:
    return datetime.now(UTC).date()


if __name__ == "__main__":
    sys.exit(main())
