"""Configuration: which layer wins, what each option takes, and what is said of the rest."""

import dataclasses
import errno
import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvput.config import CONFIG_FILE, DATA_VARIABLE, OPTIONS, Config, Option, load_config
from kvput.errors import ConfigError
from tests.store.files.mounts import as_nobody, open_place

MIB = 2**20
# For each option: a text for its flag and its variable, a TOML value, and what both mean.
VALUES: dict[str, tuple[str, str, object]] = {
    "host": ("::1", '"::1"', "::1"),
    "port": ("80", "80", 80),
    "max_body": ("2MiB", '"2MiB"', 2 * MIB),
    "allow_hosts": ("a.test, b.test", '["a.test", "b.test"]', frozenset({"a.test", "b.test"})),
    "allow_origins": ("https://a.test", '["https://a.test"]', frozenset({"https://a.test"})),
    "insecure": ("yes", "true", True),
    "cache_control": ("max-age=60", '"max-age=60"', "max-age=60"),
    "read_cache": ("0", "0", 0),
    "access_log": ("always", '"always"', "always"),
}


def option(name: str) -> Option:
    """The option of that name."""
    (found,) = [option for option in OPTIONS if option.name == name]
    return found


def value(config: Config, name: str) -> object:
    """What the configuration says."""
    found: object = getattr(config, name)
    return found


def refusal(
    data: Path,
    flags: dict[str, object] | None = None,
    environment: dict[str, str] | None = None,
) -> str:
    """The one line that tells of a fault."""
    with pytest.raises(ConfigError) as raised:
        load_config(str(data), flags or {}, environment or {})
    assert "\n" not in raised.value.detail
    assert raised.value.detail.endswith(".")
    return raised.value.detail


# --- the options


def test_each_option_is_tried_here() -> None:
    """A new one needs a row in VALUES; each has a flag, a variable and words of help."""
    fields = {field.name for field in dataclasses.fields(Config)} - {"data"}
    assert fields == set(VALUES) == {option.name for option in OPTIONS}
    for each in OPTIONS:
        assert re.fullmatch(r"--[a-z]+(-[a-z]+)*", each.flag)
        assert each.variable == f"KVPUT_{each.name.upper()}"
        assert re.fullmatch(r"[A-Z].*\.", each.help)
        assert each.is_switch or each.metavar.isupper()
    for kind in ("flag", "variable"):
        assert len({getattr(each, kind) for each in OPTIONS}) == len(OPTIONS)


@pytest.mark.parametrize(
    ("name", "flag"),
    [("max_body", "--max-body"), ("allow_hosts", "--allow-host"), ("insecure", "--insecure")],
)
def test_the_flag_of_an_option(name: str, flag: str) -> None:
    """Its name with hyphens; in the singular where it may be given several times."""
    assert option(name).flag == flag


@pytest.mark.parametrize(
    ("default", "metavar", "shown"),
    [
        (16 * MIB, "SIZE", "16MiB"),
        (3 * 2**30, "SIZE", "3GiB"),
        (1536, "SIZE", "1536"),
        (1024, "SIZE", "1KiB"),
        (0, "SIZE", "0"),
        (8192, "PORT", "8192"),
        (0, "PORT", "0"),
        ("auto", "WHEN", "auto"),
        (frozenset(), "NAME", None),
        (False, "", None),
    ],
)
def test_a_default_is_shown_as_people_write_it(
    default: object, metavar: str, shown: str | None
) -> None:
    """A size with its unit; nothing where a list is empty or a switch off."""
    each = dataclasses.replace(OPTIONS[0], default=default, metavar=metavar)
    assert each.shown_default == shown


def test_the_defaults(tmp_path: Path) -> None:
    """Closed, on the loopback, with room for 16 MiB."""
    assert load_config(str(tmp_path), {}, {}) == Config(
        data=tmp_path,
        host="127.0.0.1",
        port=8080,
        max_body=16 * MIB,
        allow_hosts=frozenset(),
        allow_origins=frozenset(),
        insecure=False,
        cache_control="no-cache",
        read_cache=64 * MIB,
        access_log="auto",
    )


# --- the layers


@pytest.mark.parametrize("name", VALUES)
def test_each_layer_takes_each_option(tmp_path: Path, name: str) -> None:
    """A flag, a variable and a key mean the same, and leave the other options alone."""
    text, toml, meant = VALUES[name]
    plain = load_config(str(tmp_path), {}, {})
    assert value(plain, name) != meant
    expected = dataclasses.replace(plain, **{name: meant})  # type: ignore[arg-type]  # of any type
    flag: object = True if option(name).is_switch else text
    assert load_config(str(tmp_path), {name: flag}, {}) == expected
    assert load_config(str(tmp_path), {}, {option(name).variable: text}) == expected
    (tmp_path / CONFIG_FILE).write_text(f"{name} = {toml}\n")
    assert load_config(str(tmp_path), {}, {}) == expected


@pytest.mark.parametrize(
    ("flag", "variable", "key", "port"),
    [
        (None, None, None, 8080),
        (None, None, 3, 3),
        (None, "2", 3, 2),
        ("1", "2", 3, 1),
        ("1", None, 3, 1),
        ("1", "2", None, 1),
        (None, "8080", 3, 8080),
    ],
)
def test_which_layer_wins(
    tmp_path: Path, flag: str | None, variable: str | None, key: int | None, port: int
) -> None:
    """Flags over the environment over the file over the defaults."""
    if key is not None:
        (tmp_path / CONFIG_FILE).write_text(f"port = {key}\n")
    flags = {} if flag is None else {"port": flag}
    environment = {} if variable is None else {"KVPUT_PORT": variable}
    assert load_config(str(tmp_path), flags, environment).port == port


def test_lists_are_replaced_and_not_joined(tmp_path: Path) -> None:
    """What a flag names is all that is allowed."""
    (tmp_path / CONFIG_FILE).write_text('allow_hosts = ["file.test"]\nport = 1\n')
    config = load_config(
        str(tmp_path), {"allow_hosts": ("a.test", "b.test")}, {"KVPUT_ALLOW_HOSTS": "env.test"}
    )
    assert config.allow_hosts == {"a.test", "b.test"}
    assert config.port == 1


def test_a_switch_is_turned_off_again(tmp_path: Path) -> None:
    """By a variable over the file."""
    (tmp_path / CONFIG_FILE).write_text("insecure = true\n")
    assert load_config(str(tmp_path), {}, {}).insecure
    assert not load_config(str(tmp_path), {}, {"KVPUT_INSECURE": "0"}).insecure


@pytest.mark.parametrize(
    ("argument", "variable", "folder"),
    [
        (None, None, "data"),
        (None, "", "data"),
        (None, "from-variable", "from-variable"),
        ("from-argument", "from-variable", "from-argument"),
        ("from-argument", None, "from-argument"),
    ],
)
def test_which_folder(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    argument: str | None,
    variable: str | None,
    folder: str,
) -> None:
    """The argument, else the variable, else `data`; its own file is the one that is read."""
    monkeypatch.chdir(tmp_path)
    for number, name in enumerate(("data", "from-variable", "from-argument"), start=1):
        (tmp_path / name).mkdir()
        (tmp_path / name / CONFIG_FILE).write_text(f"port = {number}\n")
    environment = {} if variable is None else {DATA_VARIABLE: variable}
    config = load_config(argument, {}, environment)
    assert config.data == Path(folder)
    assert config.port == ["data", "from-variable", "from-argument"].index(folder) + 1


def test_other_programs_variables_do_not_matter(tmp_path: Path) -> None:
    """Only those that begin with KVPUT_ are kvput's."""
    environment = {"PATH": "/bin", "KVPUTS_X": "1", "MY_KVPUT_PORT": "x", "kvput_port": "x"}
    assert load_config(str(tmp_path), {}, environment) == load_config(str(tmp_path), {}, {})


def test_a_folder_that_is_missing_has_no_file(tmp_path: Path) -> None:
    """Whoever opens it says that it is missing."""
    for data in (tmp_path / "none", tmp_path / "none" / "deep"):
        assert load_config(str(data), {}, {}) == Config(data=data)
    (tmp_path / "file").touch()
    assert load_config(str(tmp_path / "file"), {}, {}) == Config(data=tmp_path / "file")


# --- what the options take


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1", 1),
        ("512", 512),
        ("1b", 1),
        ("1kB", 1000),
        ("1KB", 1000),
        ("2mb", 2_000_000),
        ("1GB", 10**9),
        ("1KiB", 1024),
        ("16MiB", 16 * MIB),
        ("16 MiB", 16 * MIB),
        (" 16mib ", 16 * MIB),
        ("3GIB", 3 * 2**30),
        ("0016MiB", 16 * MIB),
        (7, 7),
    ],
)
def test_sizes(tmp_path: Path, text: object, size: int) -> None:
    """Bytes, or a number with a unit: decimal kB, MB, GB, binary KiB, MiB, GiB; case is ignored."""
    assert load_config(str(tmp_path), {"max_body": text}, {}).max_body == size


NO_SIZES: list[object] = [
    "", "x", "-1", "1.5MiB", "1 M", "1TiB", "MiB", "1MiBs", "1e6", "٣", "9" * 16, "0x10",
    -1, 1.5, True, None, [], {},
]  # fmt: skip


@pytest.mark.parametrize("text", NO_SIZES, ids=repr)
def test_what_is_no_size(tmp_path: Path, text: object) -> None:
    """The sentence shows it and says how a size is written."""
    for name in ("max_body", "read_cache"):
        assert refusal(tmp_path, {name: text}) == (
            f"{option(name).flag}: {text!r} is not a size: give bytes or a number with KiB, MiB "
            "or GiB, such as 16MiB."
        )


def test_a_limit_of_nothing(tmp_path: Path) -> None:
    """A cache may have no room, but a request needs some."""
    assert load_config(str(tmp_path), {"read_cache": "0"}, {}).read_cache == 0
    assert refusal(tmp_path, {"max_body": "0KiB"}) == (
        "--max-body: '0KiB' leaves no room at all: give at least 1 byte."
    )


@pytest.mark.parametrize("text", ["0", "1", "8080", "65535", 65535])
def test_ports(tmp_path: Path, text: object) -> None:
    """From 0, which takes any free one, to the highest."""
    assert load_config(str(tmp_path), {"port": text}, {}).port == int(str(text))


NO_PORTS: list[object] = [
    "",
    "x",
    "-1",
    "65536",
    "99999",
    "080808",
    "8080 ",
    "1.0",
    "٣",
    65536,
    -1,
    True,
    1.0,
    [],
]


@pytest.mark.parametrize("text", NO_PORTS, ids=repr)
def test_what_is_no_port(tmp_path: Path, text: object) -> None:
    """The sentence shows it and names the bounds."""
    assert refusal(tmp_path, {"port": text}) == (
        f"--port: {text!r} is not a port: give a number from 0 (any free port) to 65535."
    )


@pytest.mark.parametrize(
    ("text", "on"),
    [
        *((text, True) for text in ("1", "true", "TRUE", "yes", "On")),
        *((text, False) for text in ("0", "false", "False", "NO", "off")),
    ],
)
def test_switches(tmp_path: Path, text: str, on: bool) -> None:
    """The words that other programs take as well, in any case."""
    assert load_config(str(tmp_path), {}, {"KVPUT_INSECURE": text}).insecure is on


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a.test", {"a.test"}),
        ("a.test,b.test", {"a.test", "b.test"}),
        (" a.test , , b.test,", {"a.test", "b.test"}),
        ("", set()),
        (("a.test", "a.test"), {"a.test"}),
        (("a.test,b.test",), {"a.test,b.test"}),
        ([], set()),
    ],
)
def test_lists(tmp_path: Path, text: object, names: set[str]) -> None:
    """Commas separate the names in a variable; a flag holds one each time it is given."""
    assert load_config(str(tmp_path), {"allow_hosts": text}, {}).allow_hosts == names


@pytest.mark.parametrize(
    ("name", "bad", "complaint"),
    [
        ("host", "", "is not a text"),
        ("host", 127, "is not a text"),
        ("allow_hosts", [1], "is not a list of texts"),
        ("allow_hosts", ["a", ""], "is not a list of texts"),
        ("allow_origins", {"a": 1}, "is not a list of texts"),
        ("allow_origins", True, "is not a list of texts"),
        ("insecure", "maybe", "is neither true nor false"),
        ("insecure", "", "is neither true nor false"),
        ("insecure", 1, "is neither true nor false"),
        ("cache_control", "", "is not a header field value: use printable ASCII characters"),
        (
            "cache_control",
            "a\r\nX: y",
            "is not a header field value: use printable ASCII characters",
        ),
        ("cache_control", " a", "is not a header field value: use printable ASCII characters"),
        ("cache_control", "ä", "is not a header field value: use printable ASCII characters"),
        ("cache_control", 60, "is not a header field value: use printable ASCII characters"),
        ("access_log", "sometimes", "is none of auto, always, never"),
        ("access_log", True, "is none of auto, always, never"),
        ("access_log", [], "is none of auto, always, never"),
    ],
)
def test_what_the_other_options_do_not_take(
    tmp_path: Path, name: str, bad: object, complaint: str
) -> None:
    """The sentence shows the value, quoted, so that it stays one line."""
    assert refusal(tmp_path, {name: bad}) == f"{option(name).flag}: {bad!r} {complaint}."


# --- where a fault stands


def test_a_fault_is_named_with_its_place(tmp_path: Path) -> None:
    """The flag, the variable, or the file and its key."""
    said = "'x' is not a port: give a number from 0 (any free port) to 65535."
    assert refusal(tmp_path, {"port": "x"}) == f"--port: {said}"
    assert refusal(tmp_path, environment={"KVPUT_PORT": "x"}) == f"KVPUT_PORT: {said}"
    file = tmp_path / CONFIG_FILE
    file.write_text('port = "x"\n')
    assert refusal(tmp_path) == f"{file}:1: port: {said}"


def test_a_fault_is_told_although_another_layer_wins(tmp_path: Path) -> None:
    """What is wrong stays wrong when nothing hides it any more."""
    (tmp_path / CONFIG_FILE).write_text("port = -1\n")
    assert "port: -1 is not a port" in refusal(tmp_path, {"port": "1"}, {"KVPUT_PORT": "2"})


@pytest.mark.parametrize("variable", ["KVPUT_PROT", "KVPUT_", "KVPUT_MAX-BODY", "KVPUT_port"])
def test_a_variable_that_is_unknown(tmp_path: Path, variable: str) -> None:
    """A slip would else go unseen; the known ones are listed."""
    known = ", ".join(sorted(["KVPUT_DATA", *(each.variable for each in OPTIONS)]))
    assert refusal(tmp_path, environment={variable: "1"}) == (
        f"The environment variable {variable} is unknown; known: {known}."
    )


@pytest.mark.parametrize(
    ("key", "likely"),
    [("prot", "port"), ("data", None), ("max-body", "max_body"), ("PORT", "port")],
)
def test_a_key_that_is_unknown(tmp_path: Path, key: str, likely: str | None) -> None:
    """So with the file's keys; the folder is not one of them."""
    file = tmp_path / CONFIG_FILE
    file.write_text(f"{key} = 1\n")
    known = ", ".join(sorted([*VALUES, "collections"]))
    guess = "" if likely is None else f", and {likely!r} is likely meant"
    assert refusal(tmp_path) == f"{file}:1: the key {key!r} is unknown{guess}; known: {known}."


def test_a_table_that_is_unknown(tmp_path: Path) -> None:
    """It is a key as well."""
    file = tmp_path / CONFIG_FILE
    file.write_text("insecure = false\n\n[server]\nport = 1\n")
    assert refusal(tmp_path).startswith(f"{file}:3: the key 'server' is unknown; known: ")


@pytest.mark.parametrize("said", ["[collections.posts]\nunique = 1\n", "collections = 3\n"])
def test_what_is_said_of_collections_is_no_option(tmp_path: Path, said: str) -> None:
    """It is passed over, right or wrong; the options around it are read."""
    (tmp_path / CONFIG_FILE).write_text(f"port = 1\n{said}")
    assert load_config(str(tmp_path), {}, {}).port == 1


def test_a_file_that_is_no_toml(tmp_path: Path) -> None:
    """The server does not start as if it were not there."""
    file = tmp_path / CONFIG_FILE
    file.write_text("port = \n")
    assert refusal(tmp_path).startswith(f"{file}:1:8: is not TOML: a value must stand here: ")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """So with what is no file."""
    file = tmp_path / CONFIG_FILE
    file.mkdir()
    assert refusal(tmp_path) == f"{file}: cannot be read: Is a directory."


def test_a_file_of_another_user() -> None:
    """It is not passed over; a folder that is closed is for whoever opens it to tell of."""
    with open_place() as place:
        file = place / CONFIG_FILE
        file.write_text("port = 1\n")
        file.chmod(0o600)
        with as_nobody():
            assert refusal(place) == f"{file}: cannot be read: {os.strerror(errno.EACCES)}."
        place.chmod(0o700)
        with as_nobody():
            assert load_config(str(place), {}, {}) == Config(data=place)


@given(
    st.sampled_from(sorted(VALUES)), st.one_of(st.text(), st.integers(), st.none(), st.booleans())
)
def test_a_value_is_taken_or_refused_in_one_line(name: str, given_value: object) -> None:
    """Whatever is given, nothing but ConfigError comes of it."""
    try:
        config = load_config("none", {name: given_value}, {})
    except ConfigError as error:
        assert len(error.detail.splitlines()) == 1  # noqa: PT017  # both ways are right
        assert error.detail.startswith(f"{option(name).flag}: ")  # noqa: PT017  # as above
    else:
        assert type(value(config, name)) is type(value(Config(data=Path()), name))
