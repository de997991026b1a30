"""What `check --deploy` refuses: settings that are right on a laptop and wrong near children."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core import checks

ALMATY_OFFSET_HOURS = 5  # since 1 March 2024


@checks.register()
def almaty_time(app_configs, **kwargs):
    offset = datetime(2026, 6, 1, tzinfo=UTC).astimezone(ZoneInfo("Asia/Almaty")).utcoffset()
    if offset.total_seconds() == ALMATY_OFFSET_HOURS * 3600:
        return []
    return [checks.Error("Asia/Almaty is not UTC+5: the time zone data are older than March 2024.", id="portal.E001")]


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
        "E014": (not settings.EMAIL_HOST, "No EMAIL_HOST: letters would reach nobody."),
        "E015": (not settings.SMS_SENDER, "No SMS_SENDER: people who sign in by phone would get no code."),
        "E016": (not settings.HTTPS, "SITE_URL is not https."),
        "E017": (not list(settings.DATA_KEYS_DIR.glob("*.key")), "No data key: run `python -m portal.keys`."),
    }
    return [checks.Error(text, id=f"portal.{code}") for code, (is_wrong, text) in wrong.items() if is_wrong]
