"""Configuration: one frozen value, made of flags over environment over file over defaults.

Each option is declared once, as a field of `Config`; the command line's flags,
the `KVPUT_*` variables, the keys of `DATA/kvput.toml` and the options' page in
the documentation are all read off these fields. What an option does is not
decided here, and what that file says of collections is in `kvput.declared`.
"""

import dataclasses
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from kvput.config_file import COLLECTIONS, ConfigFile, read_config_file, shown
from kvput.config_file import CONFIG_FILE as CONFIG_FILE  # noqa: PLC0414  # for the stores
from kvput.errors import ConfigError

ENVIRONMENT_PREFIX: Final = "KVPUT_"

_SIZE = re.compile(r"([0-9]{1,15})\s*([a-z]*)", re.ASCII | re.IGNORECASE)
_UNITS: Final[Mapping[str, int]] = {
    "": 1, "b": 1,
    "kb": 10**3, "mb": 10**6, "gb": 10**9,
    "kib": 2**10, "mib": 2**20, "gib": 2**30,
}  # fmt: skip
_FIELD_VALUE = re.compile(r"[\x21-\x7e](?:[ \x21-\x7e]*[\x21-\x7e])?", re.ASCII)
_SWITCH: Final[Mapping[str, bool]] = {
    "1": True, "true": True, "yes": True, "on": True,
    "0": False, "false": False, "no": False, "off": False,
}  # fmt: skip


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("is not a text")
    return value


def _port(value: object) -> int:
    if isinstance(value, str) and re.fullmatch("[0-9]{1,5}", value, re.ASCII):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 65535:
        raise ValueError("is not a port: give a number from 0 (any free port) to 65535")
    return value


def _size(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, str) and (match := _SIZE.fullmatch(value.strip())):
        unit = _UNITS.get(match[2].lower())
        if unit is not None:
            return int(match[1]) * unit
    raise ValueError("is not a size: give bytes or a number with KiB, MiB or GiB, such as 16MiB")


def _positive_size(value: object) -> int:
    size = _size(value)
    if size == 0:
        raise ValueError("leaves no room at all: give at least 1 byte")
    return size


def _switch(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in _SWITCH:
        return _SWITCH[value.lower()]
    raise ValueError("is neither true nor false")


def _texts(value: object) -> frozenset[str]:
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    if not isinstance(value, list | tuple) or not all(isinstance(v, str) and v for v in value):
        raise ValueError("is not a list of texts")
    return frozenset(cast("list[str]", value))


def _field_value(value: object) -> str:
    if not isinstance(value, str) or not _FIELD_VALUE.fullmatch(value):
        raise ValueError("is not a header field value: use printable ASCII characters")
    return value


def _when(value: object) -> str:
    if value not in ("auto", "always", "never"):
        raise ValueError("is none of auto, always, never")
    return str(value)


@dataclass(frozen=True, slots=True)
class Option:
    """How an option is written and read.

    `parse` takes the text of a flag or variable, or the value of a TOML key,
    and raises ValueError with the end of a sentence that starts with the value.
    """

    name: str
    parse: Callable[[object], object]
    metavar: str
    help: str
    default: object
    repeatable: bool = False

    @property
    def flag(self) -> str:
        """The command line's flag: `--max-body`. A repeatable one is in the singular."""
        name = self.name.removesuffix("s") if self.repeatable else self.name
        return "--" + name.replace("_", "-")

    @property
    def variable(self) -> str:
        """The environment variable: `KVPUT_MAX_BODY`."""
        return ENVIRONMENT_PREFIX + self.name.upper()

    @property
    def shown_default(self) -> str | None:
        """The default as people write it, a size as `16MiB`; None for a list or switch."""
        if self.default is False or self.default == frozenset():
            return None
        if self.metavar == "SIZE" and isinstance(self.default, int):
            for unit, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
                if self.default and self.default % size == 0:
                    return f"{self.default // size}{unit}"
        return str(self.default)

    @property
    def is_switch(self) -> bool:
        """Whether the flag stands alone, without a value."""
        return self.parse is _switch


def _option(
    default: object,
    parse: Callable[[object], object],
    metavar: str,
    text: str,
    *,
    repeatable: bool = False,
) -> dataclasses.Field[object]:
    metadata = {"parse": parse, "metavar": metavar, "help": text, "repeatable": repeatable}
    return cast("dataclasses.Field[object]", dataclasses.field(default=default, metadata=metadata))


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All that a server is told before it starts."""

    data: Path
    host: str = cast("str", _option("127.0.0.1", _text, "ADDRESS", "Address to listen on."))
    port: int = cast(
        "int", _option(8080, _port, "PORT", "Port to listen on; 0 takes any free one.")
    )
    max_body: int = cast(
        "int",
        _option(
            16 * 2**20,
            _positive_size,
            "SIZE",
            "Largest content of a request, decoded: bytes, or a number with KiB, MiB or GiB.",
        ),
    )
    allow_hosts: frozenset[str] = cast(
        "frozenset[str]",
        _option(
            frozenset(),
            _texts,
            "NAME",
            "A further name under which this server may be addressed (Host).",
            repeatable=True,
        ),
    )
    allow_origins: frozenset[str] = cast(
        "frozenset[str]",
        _option(
            frozenset(),
            _texts,
            "ORIGIN",
            "A further web origin whose pages may read and write.",
            repeatable=True,
        ),
    )
    insecure: bool = cast(
        "bool",
        _option(
            False,
            _switch,
            "",
            "Listen on an address that other machines can reach, although anybody may write.",
        ),
    )
    cache_control: str = cast(
        "str", _option("no-cache", _field_value, "TEXT", "Cache-Control of the answers to GET.")
    )
    read_cache: int = cast(
        "int",
        _option(64 * 2**20, _size, "SIZE", "Memory for the content of resources that were read."),
    )
    access_log: str = cast("str", _option(
        "auto", _when, "WHEN",
        "A line per request: auto (on a terminal), always or never."))  # fmt: skip


OPTIONS: Final[tuple[Option, ...]] = tuple(
    Option(
        name=field.name,
        parse=field.metadata["parse"],
        metavar=field.metadata["metavar"],
        help=field.metadata["help"],
        default=field.default,
        repeatable=field.metadata["repeatable"],
    )
    for field in dataclasses.fields(Config)
    if field.name != "data"
)
_BY_NAME: Final = {option.name: option for option in OPTIONS}
_BY_VARIABLE: Final = {option.variable: option for option in OPTIONS}
DATA_VARIABLE: Final = ENVIRONMENT_PREFIX + "DATA"
DEFAULT_DATA: Final = "data"


def data_folder(data: str | None, environment: Mapping[str, str]) -> Path:
    """The folder that the command line, else KVPUT_DATA, names. Raises ConfigError."""
    if data == "":
        raise ConfigError("DATA is empty: name a folder, or leave it out for ./data.")
    return Path(data or environment.get(DATA_VARIABLE) or DEFAULT_DATA)


def load_config(
    data: str | None, flags: Mapping[str, object], environment: Mapping[str, str]
) -> Config:
    """Put the layers together: flags over environment over `DATA/kvput.toml` over defaults.

    `data` is the command line's DATA or None; `flags` maps the names of the
    options that were given to their texts. Raises ConfigError with one line
    that names where the fault stands.
    """
    folder = data_folder(data, environment)
    values = _from_file(read_config_file(folder / CONFIG_FILE))
    values.update(_from_environment(environment))
    for name, value in flags.items():
        values[name] = _read(_BY_NAME[name], value, _BY_NAME[name].flag)
    return Config(data=folder, **values)  # type: ignore[arg-type]  # checked by each parse


def _read(option: Option, value: object, where: str) -> object:
    try:
        return option.parse(value)
    except ValueError as error:
        raise ConfigError(f"{where}: {value!r} {error}.") from None


def _from_environment(environment: Mapping[str, str]) -> dict[str, object]:
    values: dict[str, object] = {}
    for variable, text in environment.items():
        if not variable.startswith(ENVIRONMENT_PREFIX) or variable == DATA_VARIABLE:
            continue
        option = _BY_VARIABLE.get(variable)
        if option is None:
            known = ", ".join(sorted([DATA_VARIABLE, *_BY_VARIABLE]))
            raise ConfigError(f"The environment variable {variable} is unknown; known: {known}.")
        values[option.name] = _read(option, text, variable)
    return values


def _from_file(file: ConfigFile) -> dict[str, object]:
    values: dict[str, object] = {}
    for key, value in file.options.items():
        option = _BY_NAME.get(key)
        if option is None:
            raise file.unknown((key,), (*_BY_NAME, COLLECTIONS))
        try:
            values[key] = option.parse(value)
        except ValueError as error:
            raise file.fault((key,), f"{key}: {shown(value)} {error}.") from None
    return values
