"""Seconds from the start of the web, as its unit of systemd starts it, to its first answer and its first page.

``DEMO_MODE=1 .venv/bin/python benchmarks/start.py``, or with the variables of a server; after `manage.py prepare`.
"""

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

ROOT = Path(__file__).resolve().parent.parent
PORT = 8931
TIMES = 5
UNIT = ROOT / "docs" / "deploy" / "systemd" / "tirek-web.service"


def command() -> list[str]:
    (line,) = [line for line in UNIT.read_text().splitlines() if line.startswith("ExecStart=")]
    return [f"{Path(sys.executable).parent}/gunicorn", "--bind", f"127.0.0.1:{PORT}", *line.split()[1:]]


def ask(path: str) -> None:
    host = os.environ.get("SITE_URL", "http://127.0.0.1").split("//")[1]
    with urlopen(Request(f"http://127.0.0.1:{PORT}{path}", headers={"X-Forwarded-Proto": "https", "Host": host})):
        pass


def start() -> tuple[float, float, float]:
    """Seconds to the first answer, to the first page, and of the processor in all."""
    before, used = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    web = subprocess.Popen(command(), cwd=ROOT, start_new_session=True)  # noqa: S603
    while True:
        try:
            ask("/health/live")
            break
        except URLError:
            if web.poll() is not None:
                sys.exit("the web did not start")
            time.sleep(0.01)
    live = time.monotonic() - before
    ask("/kk/")
    page = time.monotonic() - before
    os.killpg(web.pid, signal.SIGTERM)
    web.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return live, page, after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime


for _ in range(TIMES):
    live, page, processor = start()
    print(f"{live:.2f} s to the first answer, {page:.2f} s to the first page, {processor:.2f} s of the processor")
