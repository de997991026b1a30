"""Makes the secrets of an installation that has none yet. Runs without Django, before the settings can load.

``python -m portal.keys DIRECTORY`` creates what is missing and never touches what exists:
``secret_key`` (Django), ``lookup.key`` (keyed hashes) and ``data/<date>.key`` (encryption at rest, the newest
name is the active one). Losing the ``data`` keys means losing what they sealed: see docs/operations.md.
Further data keys come from ``manage.py rotate_keys --new``.
"""

import base64
import datetime
import os
import secrets
import sys
from pathlib import Path


def _write(path: Path, content: str) -> None:
    """Whole or not at all, and never over another: running processes read a key as soon as its name is there."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(beside, path)
    finally:
        beside.unlink()


def _data_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def create_missing(directory: Path) -> list[Path]:
    """Returns the files it created, readable by their owner only."""
    wanted = {
        directory / "secret_key": secrets.token_urlsafe(64),
        directory / "lookup.key": _data_key(),
    }
    if not list((directory / "data").glob("*.key")):
        today = datetime.date.today().isoformat()
        wanted[directory / "data" / f"{today}.key"] = _data_key()
    created = [path for path in wanted if not path.exists()]
    for path in created:
        _write(path, wanted[path])
    return created


def add_data_key(folder: Path) -> Path:
    """A further data key, which seals from now on. Raises `ValueError` where an older one is called newer than now."""
    path = folder / f"{datetime.datetime.now():%Y-%m-%dT%H%M%S}.key"
    if newer := [other.name for other in folder.glob("*.key") if other.name >= path.name]:
        raise ValueError(f"{newer[-1]} sorts after {path.name}, and the last name seals")
    _write(path, _data_key())
    return path


if __name__ == "__main__":
    create_missing(Path(sys.argv[1]))
