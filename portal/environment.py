"""What the environment may say to `portal/settings.py`. Each variable is declared where it is read, with its meaning; the table in
docs/operations.md is made of these declarations (`manage.py settings_table`). A value that cannot be meant refuses the start
with a line that names the variable, and never shows what may hold a password."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

ON, OFF = {"1", "true", "yes", "on"}, {"", "0", "false", "no", "off"}
ORIGIN = re.compile(r"https?://[a-zA-Z0-9.-]+(:[0-9]+)?")  # as browsers send it
DATABASES = ("postgres://", "postgresql://", "sqlite:///")
REDIS = ("redis://", "rediss://", "unix://")
HIGHEST_PORT = 65535
ESCAPED = "In a password write %40 for @, %2F for /, %23 for #, %3F for ?, %25 for %."
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


@dataclass(frozen=True)
class Variable:
    name: str
    default: str  # as the table shows it
    meaning: str


VARIABLES: dict[str, Variable] = {}


def malformed(name: str, wanted: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{name}: {wanted}")


def env(name: str, default: str = "", meaning: str = "", *, shown: str = "") -> str:
    """The variable, or `default` where it is not set or empty. The table shows `shown` for the default where that depends on the machine."""
    VARIABLES[name] = Variable(name, shown or (f"`{default}`" if default else "none"), meaning)
    return os.environ.get(name) or default


def flag(name: str, meaning: str = "") -> bool:
    value = env(name, "", meaning, shown="off").lower()
    if value not in ON | OFF:
        raise malformed(name, "1 or 0, or nothing.")
    return value in ON


def port(name: str, default: int, meaning: str) -> int:
    value = env(name, str(default), meaning)
    if not value.isascii() or not value.isdecimal() or not 1 <= int(value) <= HIGHEST_PORT:
        raise malformed(name, f"a whole number from 1 to {HIGHEST_PORT} is needed, not {value!r}.")
    return int(value)


def listed(name: str, default: str, meaning: str, *, each: str, wanted: str, shown: str = "") -> list[str]:
    """Comma-separated values, each of the shape `each`, a regular expression; blanks around them do not count."""
    found = [part.strip() for part in env(name, default, meaning, shown=shown).split(",") if part.strip()]
    for part in found:
        if not re.fullmatch(each, part):
            raise malformed(name, f"{wanted}, not {part!r}.")
    return found


def shaped(name: str, default: str, meaning: str, *, shape: str, wanted: str) -> str:
    """Nothing, or a value of this shape, a regular expression."""
    value = env(name, default, meaning)
    if value and not re.fullmatch(shape, value):
        raise malformed(name, f"{wanted} is needed.")
    return value


def origin(name: str, default: str, meaning: str, *, shown: str = "") -> str:
    """The address of a site, without a path."""
    value = env(name, default, meaning, shown=shown).rstrip("/")
    if not value.isascii():
        raise malformed(name, f"the name as browsers send it (https://xn--…), not {value!r}.")
    if not ORIGIN.fullmatch(value):
        raise malformed(name, f"http:// or https:// and a host, without a path, not {value!r}.")
    return value


def beginning(prefix: str, meaning: str) -> dict[str, str]:
    """All variables that begin so, by the rest of their names: what a library reads by names of its own."""
    VARIABLES[f"{prefix}…"] = Variable(f"{prefix}…", "none", meaning)
    return {name.removeprefix(prefix): value for name, value in os.environ.items() if name.startswith(prefix)}


def server(name: str, schemes: tuple[str, ...], default: str, meaning: str, *, shown: str = "") -> str:
    """The address of a server, with one of these schemes."""
    value = env(name, default, meaning, shown=shown)
    if value and not value.startswith(schemes):
        raise malformed(name, f"an address is needed that begins with {' or '.join(schemes)}")
    try:
        url = urlsplit(value)
        whole = url.port != 0 and bool(url.hostname or not url.netloc)
    except ValueError:  # its words may hold the password
        whole = False
    if not whole:
        raise malformed(name, f"{schemes[0]}user:password@host:port/… is needed. {ESCAPED}")
    return value


def database(name: str, schemes: tuple[str, ...], default: str, meaning: str, *, shown: str = "") -> dict:
    """The database of this address as Django's settings have it; empty where the variable is."""
    value = server(name, schemes, default, meaning, shown=shown)
    if not value:
        return {}
    url = urlsplit(value)
    try:
        found = dj_database_url.parse(value)
    except ValueError:
        found = {}
    if not found.get("NAME") or (url.scheme != "sqlite" and (url.fragment or "@" in url.path)):
        raise malformed(name, f"postgres://user:password@host:port/name is needed. {ESCAPED}")
    return found


def level(name: str, default: str, meaning: str) -> str:
    value = env(name, default, meaning)
    if value not in LEVELS:
        raise malformed(name, f"one of {', '.join(LEVELS)}, not {value!r}.")
    return value


def kept_file(name: str, default: Path, meaning: str, *, shown: str) -> Path:
    """A file that this program may write, in a folder that is there: one that is made here would hide a disk that is not mounted."""
    path = Path(env(name, str(default), meaning, shown=shown))
    there = os.access(path, os.F_OK)
    if not os.access(path if there else path.parent, os.W_OK) or (there and path.is_dir()):
        raise malformed(
            name, f"{path} cannot be written. Is its disk mounted, and may the user of the portal write there?"
        )
    return path


def folder(name: str, default: Path, meaning: str, *, shown: str) -> Path:
    """A folder that this program may write into; made where it is missing."""
    path = Path(env(name, str(default), meaning, shown=shown))
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise malformed(name, f"{path} cannot be made or is no folder ({error.strerror}).") from error
    return path


def bucket(name: str, meaning: str) -> dict[str, str]:
    """Options of `storages.backends.s3` from `https://KEY:SECRET@host/bucket?region=…`, and `address`, by which browsers reach
    the bucket, with a slash at its end; empty where the variable is."""
    value = env(name, "", meaning)
    if not value:
        return {}
    if find_spec("storages") is None:
        raise malformed(name, "buckets need what requirements-production.txt lists.")
    wanted = "https://KEY:SECRET@host/bucket, then perhaps ?region=… and &address=https://…"
    try:
        url, port = urlsplit(value), urlsplit(value).port
        more = dict(parse_qsl(url.query, strict_parsing=bool(url.query)))
    except ValueError:
        raise malformed(name, wanted) from None  # the words of the error hold the password
    path = url.path.strip("/")
    whole = url.scheme in {"http", "https"} and url.hostname and url.username and url.password
    if not whole or not path or "/" in path or set(more) - {"region", "address"}:
        raise malformed(name, wanted)
    endpoint = f"{url.scheme}://{url.hostname}" + (f":{port}" if port else "")
    address = more.get("address", f"{endpoint}/{path}").rstrip("/") + "/"
    if not re.fullmatch(r"https?://[\w.:/-]+", address):
        raise malformed(name, wanted)
    return {
        "endpoint_url": endpoint,
        "access_key": unquote(url.username),
        "secret_key": unquote(url.password),
        "bucket_name": path,
        "region_name": more.get("region", "us-east-1"),  # what servers expect that know no regions
        "address": address,
    }
