"""What a public page costs the processor when it is served whole from the cache, made anew, and beside a view that answers
a constant behind the same middleware. In-process, by the WSGI handler, on the demonstration under var/ or DATABASE_URL."""

from __future__ import annotations

import io
import os
import sys
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
os.environ.setdefault("KEYS_DIR", str(ROOT / "var" / "keys"))
os.environ.setdefault("DEMO_MODE", "1")

import django  # noqa: E402

django.setup()

from content.middleware import forget_pages  # noqa: E402
from content.models import TopicPage  # noqa: E402
from portal.wsgi import application  # noqa: E402

ROUNDS, AT_ONCE = 15, 20


def ask(path: str) -> None:
    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": "", "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "8000",
        "HTTP_HOST": "127.0.0.1:8000", "REMOTE_ADDR": "127.0.0.1", "HTTP_ACCEPT_ENCODING": "gzip",
        "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr,
    }  # fmt: skip
    found = []
    body = application(environ, lambda status, headers, *_: found.append(status))
    b"".join(body)
    body.close()
    if not found[0].startswith("200"):
        raise SystemExit(f"{path}: {found[0]}")


def cost(path: str, *, anew: bool = False) -> float:
    """Milliseconds of processor time for one answer, the median of the rounds."""
    times = []
    for _ in range(ROUNDS):
        begun = 0.0
        for _ in range(1 if anew else AT_ONCE):
            if anew:
                forget_pages()
            at = time.process_time()
            ask(path)
            begun += time.process_time() - at
        times.append(begun / (1 if anew else AT_ONCE) * 1000)
    return median(times)


def main() -> None:
    topic = TopicPage.objects.live().filter(locale__language_code="kk").first()
    path = topic.get_url()
    for warm in ("/health/live", path):
        ask(warm)
    constant, kept, anew = cost("/health/live"), cost(path), cost(path, anew=True)
    print(f"constant view {constant:.2f} ms, kept page {kept:.2f} ms, page made anew {anew:.2f} ms")
    print(f"a kept page costs {kept / constant:.2f} of a constant view and 1/{anew / kept:.0f} of one made anew")


main()
