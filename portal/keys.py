"""Makes the secrets of an installation that has none yet. Runs without Django, before the settings can load.

``python -m portal.keys DIRECTORY`` creates what is missing and never touches what exists:
``secret_key`` (Django), ``lookup.key`` (keyed hashes) and ``data/<date>.key`` (encryption at rest, the newest
name is the active one). Losing the ``data`` keys means losing what they sealed: see docs/operations.md.
"""

import base64
import datetime
import os
import secrets
import sys
from pathlib import Path


def _write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(content)


def create_missing(directory: Path) -> list[Path]:
    """Returns the files it created, readable by their owner only."""
    wanted = {
        directory / "secret_key": secrets.token_urlsafe(64),
        directory / "lookup.key": base64.b64encode(secrets.token_bytes(32)).decode(),
    }
    if not list((directory / "data").glob("*.key")):
        today = datetime.date.today().isoformat()
        wanted[directory / "data" / f"{today}.key"] = base64.b64encode(secrets.token_bytes(32)).decode()
    created = [path for path in wanted if not path.exists()]
    for path in created:
        _write(path, wanted[path])
    return created


if __name__ == "__main__":
    create_missing(Path(sys.argv[1]))
