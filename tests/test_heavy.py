"""History read again by Ray's workers: the same readings as here, each once, whatever dies meanwhile."""

import json
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import pytest

from flows.config import Config, ConfigError, load_config
from flows.desk import open_desk
from flows.exchange import Exchange, Order, TopicsFile, mentions_in, open_exchange, waiting
from flows.forget import Wish, forget
from flows.heavy import reads_on
from flows.rayflow import read_file
from flows.read import Reader, Topics, read_mentions, reader_of
from flows.reread import Rest, name_of, reread
from flows.sections import File
from nlp.encoder import Encoder
from nlp.errors import ModelError
from tests.classifiers import write_onnx
from tests.test_cli import allears
from tests.test_rereading import by, land, read_with, shown
from warehouse import tables
from warehouse.mart import ask
from warehouse.tables import rows_table
from warehouse.topics import keep_topics
from warehouse.warehouse import Unread

TEXTS = [
    f"{said} I came {number} times."
    for number in range(9)
    for said in (
        "The coffee was great but the app is slow.",
        "Never again!",
        "They open at nine.",
        "Der Kaffee ist gut.",
    )
]
UNREAD = Unread([1, 2, 3], [11, 12, 13], ["The coffee was great.", "The app crashes.", "?"], ["en", None, "en"])
ALL = [
    "FROM mentions ORDER BY mention_id",
    "FROM aspects ORDER BY ALL",
    "FROM ops.unplaced ORDER BY ALL",
]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder()


@pytest.fixture(scope="module")
def reader() -> Reader:
    """What is read with where nothing is configured: the embedded model, and those of the extras that are installed."""
    return reader_of(Config(Path("allears.toml"), File(), (), ()))


@pytest.fixture
def history(tmp_path: Path, encoder: Encoder) -> Config:
    """Return the configuration of a warehouse whose mentions another model has read, with one topic."""
    file = tmp_path / "town" / "allears.toml"
    file.parent.mkdir()
    file.write_text('[[feeds]]\nsource = "file"\nname = "a"\npath = "x.csv"\nbrand = "A"\n')
    config = load_config(file)
    with open_desk(config) as desk:
        land(desk.warehouse, TEXTS)
        read_with(desk.warehouse, by(encoder, "positive"))
        topic = {"topic_id": 7, "topic": "hours", "words": ["nine"], "found_at": desk.now().replace(tzinfo=None)}
        centroid = encoder.encode(["They open at nine."]).embedding[0]
        keep_topics(
            desk.warehouse,
            rows_table([topic | {"centroid": centroid}], tables.FOUND_TOPICS),
            rows_table([], tables.PLACED),
        )
        desk.warehouse.settle(config.brands)
    return config


@pytest.fixture
def exchange(tmp_path: Path, encoder: Encoder, reader: Reader) -> Iterator[Exchange]:
    """Yield an exchange whose order is what is read with where nothing is configured."""
    order = Order(tmp_path / "allears.toml", File(), name_of(reader), 1)
    topics = [(7, "coffee", encoder.encode(["The coffee was great."]).embedding[0].tolist())]
    with open_exchange(tmp_path / "exchange", order, topics) as opened:
        yield opened


def test_a_worker_reads_a_file_as_the_coordinator_reads_a_chunk(exchange: Exchange, reader: Reader) -> None:
    exchange.put(UNREAD)
    (file,) = waiting(exchange.folder)
    assert mentions_in(file) == UNREAD
    assert read_file.fn(str(file)) == str(file)
    known = Topics(TopicsFile(exchange.folder / "allears-exchange-topics.parquet"))
    read = read_mentions(UNREAD, reader, known)
    readings, aspects = exchange.take(file)
    assert (readings, aspects) == (read.readings, read.aspects)
    assert readings["topic"].to_pylist() == ["coffee", None, None]
    assert aspects.num_rows > 0


def test_an_exchange_leaves_nothing_behind_and_touches_no_other_file(tmp_path: Path, encoder: Encoder) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    (folder / "allears-exchange-of-a-killed-run.mentions.parquet").write_text("texts of people")
    (folder / "allears.toml").write_text("ours")
    order = Order(tmp_path / "allears.toml", File(), "any", 1)
    with open_exchange(folder, order, []) as exchange:
        exchange.put(UNREAD)
        assert len(waiting(folder)) == exchange.out == 1
    assert [file.name for file in folder.iterdir()] == ["allears.toml"]
    with open_exchange(tmp_path / "new", order, []) as exchange:
        exchange.put(UNREAD)
    assert not (tmp_path / "new").exists()


def test_a_worker_that_does_not_see_the_folder_says_which_key_to_change(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"does not see .*\[workers\] exchange must be a folder that every worker sees"
    ):
        read_file.fn(str(tmp_path / "elsewhere" / "allears-exchange-1-000001.mentions.parquet"))


def test_a_worker_with_other_models_reads_nothing(tmp_path: Path) -> None:
    with open_exchange(tmp_path, Order(tmp_path / "allears.toml", File(), "another@1 words", 1), []) as exchange:
        exchange.put(UNREAD)
        (file,) = waiting(tmp_path)
        with pytest.raises(ModelError, match="not another@1 words; install the same release of Allears"):
            read_file.fn(str(file))
        assert waiting(tmp_path) == [file]
        assert not list(tmp_path.glob("*.readings.*"))


def test_a_person_is_forgotten_in_what_a_killed_rereading_left(history: Config) -> None:
    history.exchange.mkdir()
    left = history.exchange / "allears-exchange-1-000001.mentions.parquet"
    left.write_text("They open at nine.")
    (mention_id,) = ask(history.warehouse, "SELECT mention_id FROM mentions LIMIT 1").rows[0]
    forget(history, Wish(mentions=(str(mention_id),)))
    assert not left.exists()


@pytest.mark.parametrize(
    ("on", "workers", "message"),
    [
        ("dask", None, "--on dask: known are here, ray, and the address of a cluster such as ray://"),
        ("here", 2, "--workers is of --on ray"),
        ("ray://head.example:10001", 2, "--workers is of --on ray"),
        ("ray://head.example:10001", None, "start one that they reach, and set PREFECT_API_URL"),
    ],
)
def test_a_place_that_is_none_is_refused(
    on: str, workers: int | None, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    with pytest.raises(ConfigError, match=message):
        reads_on(on, workers)


@pytest.mark.skipif(find_spec("prefect_ray") is not None, reason="Ray is installed")
def test_without_ray_it_is_said_which_extra_to_install() -> None:
    with pytest.raises(ConfigError, match=r"--on ray needs Ray, which is not installed: uv sync --extra ray"):
        reads_on("ray", None)


@pytest.fixture
def server(prefect: None, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the address of Prefect's server for tests, which is the configured one now."""
    from prefect.settings import PREFECT_API_URL

    address = str(PREFECT_API_URL.value())
    monkeypatch.setenv("PREFECT_API_URL", address)
    return address


def on_ray(rest: Rest) -> None:
    reads_on("ray", 2)(rest)


def twin(config: Config) -> Config:
    """Return the configuration of a copy of a warehouse."""
    folder = config.folder.with_name("twin")
    shutil.copytree(config.folder, folder)
    return load_config(folder / "allears.toml")


@pytest.mark.hub
@pytest.mark.usefixtures("server")
def test_ray_reads_what_this_process_would_have_read(
    history: Config, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.reread.CHUNK", 5)
    addresses: set[str] = set()

    def watched(rest: Rest) -> None:
        class Watched(Rest):
            def keep(self, *found: object) -> None:
                import ray  # by now it has been set up

                addresses.add(ray.util.get_node_ip_address())
                super().keep(*found)  # type: ignore[arg-type]

        on_ray(Watched(**vars(rest)))

    other = twin(history)
    with open_desk(history) as desk:
        here = reread(desk, reader)
    with open_desk(other) as desk:
        there = reread(desk, reader, read=watched)
    assert there._replace(mart="") == here._replace(mart="")
    for sql in ALL:
        assert ask(other.warehouse, sql).rows == ask(history.warehouse, sql).rows
    topics = ask(other.warehouse, "SELECT DISTINCT topic FROM mentions ORDER BY ALL").rows
    assert topics == [("hours",), (None,)]
    assert not other.exchange.exists()
    assert addresses == {"127.0.0.1"}  # nothing of Ray is heard outside


@pytest.mark.hub
@pytest.mark.usefixtures("server")
def test_a_worker_that_is_killed_half_way_costs_no_reading(
    history: Config, reader: Reader, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("flows.reread.CHUNK", 2)
    killed: list[int] = []
    killer = threading.Thread(target=kill_one, args=(history.exchange, killed), daemon=True)
    killer.start()
    with open_desk(history) as desk:
        done = reread(desk, reader, read=on_ray)
    killer.join(timeout=0)
    assert len(killed) == 1
    assert capsys.readouterr().out == ""  # where --json prints its answer
    assert (done.read, done.staged) == (len(TEXTS), 0)
    assert sum(change.mentions for change in done.changes) == len(TEXTS)
    assert len(shown(history)) == len(TEXTS)
    other = {model.name for model in reader.models.others} or {None}  # of what is not English
    assert {model for _, model in shown(history)} == {reader.models.encoder.name} | other
    assert ask(history.warehouse, "FROM ops.rereadings").rows == []


def kill_one(exchange: Path, killed: list[int]) -> None:
    """Kill a worker that is reading, when half of the 18 files have been read or are about to be."""
    while not list(exchange.glob("*-00001?.mentions.parquet")):
        time.sleep(0.01)
    while not killed:
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # it has ended meanwhile
                if is_reading(process) and not killed:
                    os.kill(int(process.name), signal.SIGKILL)
                    killed.append(int(process.name))


def is_reading(process: Path) -> bool:
    """Return whether `process`, a folder of /proc, is a worker of ours that reads a file."""
    if not (process / "cmdline").read_text(errors="replace").startswith("ray::read"):
        return False
    while process.name not in ("0", "1", str(os.getpid())):
        process = process.with_name((process / "stat").read_text().rpartition(")")[2].split()[1])
    return process.name == str(os.getpid())


@pytest.mark.hub
@pytest.mark.usefixtures("server")
def test_a_rereading_on_ray_that_was_stopped_goes_on_here(
    history: Config, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.reread.CHUNK", 10)

    def stopped(rest: Rest) -> None:
        class Stopped(Rest):
            def keep(self, *found: object) -> None:
                super().keep(*found)  # type: ignore[arg-type]
                raise KeyboardInterrupt

        on_ray(Stopped(**vars(rest)))

    with pytest.raises(KeyboardInterrupt), open_desk(history) as desk:
        reread(desk, reader, read=stopped)
    assert {model for _, model in shown(history)} == {"decided-positive"}
    assert not history.exchange.exists()
    with open_desk(history) as desk:
        done = reread(desk, reader)
    assert (done.read, done.staged) == (len(TEXTS) - 10, 10)


@pytest.mark.hub
def test_the_command_line_reads_on_ray_with_a_model_of_ones_own(history: Config, server: str) -> None:
    write_onnx(history.folder / "mine")
    with history.file.open("a") as file:
        file.write('[models]\nsentiment = "mine"\nlanguages = "any"\n[models.label_map]\n')
    done = allears("reread", "--on", "ray", "--workers", "1", "--json", cwd=history.folder, PREFECT_API_URL=server)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["read"] == len(TEXTS)
    assert {str(model).partition("#")[0] for _, model in shown(history)} == {"mine@local"}
    assert done.stderr == ""
