"""Bad configurations: one clear line that says what, where and how to mend it."""

from pathlib import Path

import pytest

from flows.config import ConfigError, load_config

GOOD = """
version = 1
[[brands]]
name = "Harbor Coffee"
query = '"harbor coffee"'
[[feeds]]
name = "hn"
source = "hackernews"
query = "harbor coffee"
[[feeds]]
source = "file"
path = "survey.csv"
brand = "Harbor Coffee"
columns = { text = "Comment" }
"""


def load(tmp_path: Path, text: str):  # type: ignore[no-untyped-def]
    file = tmp_path / "allears.toml"
    file.write_text(text)
    return load_config(file)


def test_a_good_file_is_read_whole(tmp_path: Path) -> None:
    config = load(tmp_path, GOOD)
    assert [feed.name for feed in config.feeds] == ["hn", "file-survey-csv"]
    assert config.brands[0].feeds == ("file-survey-csv",)
    assert config.warehouse == tmp_path / "warehouse.duckdb"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("version = 1", "version = 2", r"reads version 1; update Allears"),
        ("version = 1", "verion = 1", r"unknown key 'verion' \(did you mean 'version'\?\); known are version"),
        ("version = 1", "[http]\nallow = 1", r"\[http\] unknown key 'allow'.*allow_private"),
        ("version = 1", "version = ", r"not valid TOML: .*line 2"),
        ("version = 1", '[slack]\nwebhook = "https://hooks.example"', r'must be "env:NAME"'),
        (
            "version = 1",
            '[slack]\nwebhook = "env:NOT_SET_ANYWHERE"',
            r"environment variable NOT_SET_ANYWHERE is not set",
        ),
        ('source = "hackernews"', 'source = "hackernws"', r"\[\[feeds\]\] 1: source = 'hackernws' \(did you mean"),
        (
            'query = "harbor coffee"\n',
            'qurey = "x"\n',
            r"\[\[feeds\]\] 1: hackernews: unknown option 'qurey'.*takes query",
        ),
        ('query = "harbor coffee"\n', "query = 7\n", r"hackernews: option query = 7"),
        ('query = "harbor coffee"\n', "", r"hackernews: option 'query' is missing"),
        ('query = "harbor coffee"\n', 'query = "env:NO_SUCH"\n', r"variable NO_SUCH is not set"),
        (
            'brand = "Harbor Coffee"',
            'brand = "Harbour Coffee"',
            r"brand = 'Harbour Coffee' \(did you mean 'Harbor Coffee'",
        ),
        ("""query = '"harbor coffee"'""", """query = '("harbor coffee" OR'""", r"'Harbor Coffee': query: (.|\n)*\^"),
        ("""query = '"harbor coffee"'""", "competitor = 3", r"number 1 competitor = 3"),
        (
            "version = 1",
            '[warehouse]\nurl = "sqlite:x"\ndata = "x"',
            r'a lake is "ducklake:postgres:host=… dbname=…", or "env',
        ),
        ("version = 1", '[warehouse]\nurl = "ducklake:postgres:dbname=a"', r"a lake has a url, .* and data"),
        ("version = 1", '[warehouse]\nurl = "ducklake:postgres:password=x"\ndata = "x"', r"set PGPASSWORD"),
        ("version = 1", '[warehouse]\nurl = "env:NO_LAKE"\ndata = "x"', r"variable NO_LAKE is not set"),
        ("version = 1", "[workers]\nhelpers = -1", r"\[workers\] helpers = -1"),
        ('name = "hn"', 'name = "file-survey-csv"', r"two feeds are called 'file-survey-csv'"),
        ('name = "hn"', 'kind = "blog"', r"kind = 'blog'; known are forum"),
    ],
)
def test_a_fault_is_named_with_its_place_and_its_mend(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(ConfigError, match=message):
        load(tmp_path, GOOD.replace(old, new, 1))


def test_a_missing_file_names_the_verb_that_writes_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="allears init"):
        load_config(tmp_path / "allears.toml")


def test_without_brands_the_ones_that_feeds_name_are_enough(tmp_path: Path) -> None:
    config = load(tmp_path, '[[feeds]]\nsource = "hackernews"\nquery = "x"\nbrand = "Acme"\n')
    assert [(brand.name, brand.query) for brand in config.brands] == [("Acme", None)]


def test_a_secret_comes_from_the_environment_and_is_in_no_representation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HN_QUERY", "s3cret")
    config = load(tmp_path, GOOD.replace('query = "harbor coffee"\n', 'query = "env:HN_QUERY"\n'))
    assert config.feeds[0].options["query"] == "s3cret"
    assert "s3cret" not in repr(config)


def test_the_file_that_init_writes_is_good(tmp_path: Path) -> None:
    template = Path(__file__).parents[1] / "flows" / "init.toml"
    assert len(load(tmp_path, template.read_text()).feeds) == 2


def test_who_only_asks_needs_no_secret(tmp_path: Path) -> None:
    file = tmp_path / "allears.toml"
    file.write_text(GOOD.replace("version = 1", '[slack]\nwebhook = "env:NOT_SET_ANYWHERE"'))
    assert load_config(file, secrets=False).mart == tmp_path / "mart.duckdb"
