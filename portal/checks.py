"""What `check --deploy` refuses: settings that are right on a laptop and wrong near children. One clear line each."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection

from portal import scanner

ALMATY_OFFSET_HOURS = 5  # since 1 March 2024
OTHERS = stat.S_IRWXG | stat.S_IRWXO


@checks.register()
def almaty_time(app_configs, **kwargs):
    offset = datetime(2026, 6, 1, tzinfo=UTC).astimezone(ZoneInfo("Asia/Almaty")).utcoffset()
    if offset.total_seconds() == ALMATY_OFFSET_HOURS * 3600:
        return []
    return [checks.Error("Asia/Almaty is not UTC+5: the time zone data are older than March 2024.", id="portal.E001")]


@checks.register()
def gateways_are_known(app_configs, **kwargs):
    from portal import gateways  # noqa: PLC0415 - models; `portal.wsgi` imports this module before they are loaded

    return [checks.Error(line, id="portal.E002") for line in gateways.wrong_settings()]


@checks.register(checks.Tags.security, deploy=True)
def ready_for_people(app_configs, **kwargs):
    wrong = {
        "E010": (
            settings.DEMO_MODE,
            "DEMO_MODE is on: invented people, an open page of letters, no second factor.",
        ),
        "E011": (settings.EMBEDDED_DATABASE, "SQLite: set DATABASE_URL to PostgreSQL."),
        "E012": (
            not settings.REDIS_URL,
            "No REDIS_URL: the embedded broker loses hints, rate limits live in the database.",
        ),
        "E013": (settings.SECRET_KEY == settings.DEFAULT_SECRET_KEY, "The default SECRET_KEY."),
        "E014": (
            not (settings.EMAIL_HOST or settings.EMAIL_PROVIDER),
            "No EMAIL_HOST and no EMAIL_PROVIDER: letters would reach nobody.",
        ),
        "E015": (
            settings.SMS_SENDER in {"", "portal.gateways.console"},
            "No SMS_SENDER: people who sign in by phone would get no code.",
        ),
        "E016": (not settings.HTTPS, "SITE_URL is not https."),
        "E017": (not list(settings.DATA_KEYS_DIR.glob("*.key")), "No data key: run `python -m portal.keys`."),
        "E018": (_scanner_fails(), "CLAMD is set and does not answer: every upload is refused."),
        "E019": (
            any("*" in host or host.startswith(".") for host in settings.ALLOWED_HOSTS),
            "ALLOWED_HOSTS has a wildcard: links in letters could lead to a stranger's host.",
        ),
        "E020": (
            settings.ALLAUTH_TRUSTED_PROXY_COUNT not in {0, 1},
            "More than one proxy is trusted: whoever asks can write his own address, and limits count it.",
        ),
        "E021": (
            not settings.LOOKUP_KEY_FILE.is_file(),
            "No lookup.key: nothing that is found by its hash would be found. Bring it back from one of the two places.",
        ),
        "E022": (_others_read_keys(), "KEYS_DIR or a file in it can be read by others: chmod 700, files 600."),
        "E023": (_commits_can_be_lost(), "The database may lose what it acknowledged (fsync, synchronous_commit)."),
        "E024": (
            not settings.SECOND_FACTOR_REQUIRED,
            "SECOND_FACTOR_REQUIRED is off: staff sign in by a password alone.",
        ),
        "E025": (
            any("demo.example" in contact for contact in settings.SECURITY_CONTACTS),
            "No SECURITY_CONTACT: whoever finds a hole would write to nobody.",
        ),
        "E026": (
            not settings.EMAIL_USE_TLS and settings.EMAIL_HOST not in {"", "localhost", "127.0.0.1"},
            "EMAIL_USE_TLS is off: letters with codes would cross the network in clear.",
        ),
        "E027": (
            _buckets_in_clear(),
            "A storage address is http and not on this machine: uploads would cross the network in clear.",
        ),
    }
    return [checks.Error(text, id=f"portal.{code}") for code, (is_wrong, text) in wrong.items() if is_wrong]


def refuse_to_start() -> None:
    """For the web: raises `ImproperlyConfigured` with a line for each unsafe setting. A scanner that is down just now stops
    uploads, not the portal; the demonstration and a developer's machine start."""
    if settings.DEMO_MODE or settings.DEBUG:
        return
    found = [*gateways_are_known(None), *ready_for_people(None)]
    wrong = [f"{error.id}: {error.msg}" for error in found if error.id != "portal.E018"]
    if wrong:
        raise ImproperlyConfigured("\n".join(["Not fit for real people:", *wrong]))


def _scanner_fails() -> bool:
    try:
        scanner.scan(b"")
    except scanner.NoAnswer:
        return True
    return False


def _buckets_in_clear() -> bool:
    addresses = [bucket["endpoint_url"] for bucket in (settings.PRIVATE_BUCKET, settings.PUBLIC_BUCKET) if bucket]
    here = {"127.0.0.1", "localhost"}
    return any(address.startswith("http:") and urlsplit(address).hostname not in here for address in addresses)


def _others_read_keys() -> bool:
    places = [
        settings.KEYS_DIR,
        settings.DATA_KEYS_DIR,
        *settings.KEYS_DIR.glob("*"),
        *settings.DATA_KEYS_DIR.glob("*"),
    ]
    return any(place.stat().st_mode & OTHERS for place in places if place.exists())


def _commits_can_be_lost() -> bool:
    """Asked of a PostgreSQL that answers; where none does, `/health/ready` says so."""
    if connection.vendor != "postgresql":
        return False
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit')"
            )
            fsync, whole_pages, commit = cursor.fetchone()
    except DatabaseError:
        return False
    return fsync != "on" or whole_pages != "on" or commit == "off"
