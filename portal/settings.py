"""Environment in, settings out. With nothing set this is the embedded default: SQLite, a broker that needs no
server, letters on a page. docs/operations.md lists every variable; ``check --deploy`` says what is missing."""

import os
import sys
import zoneinfo
from datetime import timedelta
from pathlib import Path

import dj_database_url
from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

# The pinned tzdata package, not the host's files: an old host would still put Almaty at UTC+6 (changed on 1 March 2024).
zoneinfo.reset_tzpath(to=())

BASE_DIR = Path(__file__).resolve().parent.parent
TESTING = "pytest" in sys.modules


def env(name: str, default: str = "") -> str:
    return os.environ.get(name, default)


def flag(name: str) -> bool:
    return env(name).lower() in {"1", "true", "yes", "on"}


DEBUG = flag("DEBUG")
DEMO_MODE = flag("DEMO_MODE")
VAR_DIR = Path(env("VAR_DIR", str(BASE_DIR / "var")))
VAR_DIR.mkdir(parents=True, exist_ok=True)

# --- secrets -------------------------------------------------------------------------------------------------

DEFAULT_SECRET_KEY = "django-insecure-for-development-and-tests-only"  # noqa: S105
KEYS_DIR = VAR_DIR / "test-keys" if TESTING else Path(env("KEYS_DIR", str(VAR_DIR / "keys")))
_secret_file = KEYS_DIR / "secret_key"
SECRET_KEY = env("SECRET_KEY") or (_secret_file.read_text() if _secret_file.exists() else DEFAULT_SECRET_KEY)
if SECRET_KEY == DEFAULT_SECRET_KEY and not DEBUG and not TESTING:
    raise ImproperlyConfigured("No SECRET_KEY: set it, or run `python -m portal.keys var/keys` once.")
DATA_KEYS_DIR = KEYS_DIR / "data"
LOOKUP_KEY_FILE = KEYS_DIR / "lookup.key"

# --- addresses -----------------------------------------------------------------------------------------------

SITE_URL = env("SITE_URL", f"http://127.0.0.1:{env('PORT', '8000')}").rstrip("/")
SITE_HOST = SITE_URL.split("//", 1)[1].split(":")[0]
ALLOWED_HOSTS = env("ALLOWED_HOSTS", f"{SITE_HOST},127.0.0.1,localhost").split(",")
HTTPS = SITE_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = [SITE_URL]
WAGTAILADMIN_BASE_URL = SITE_URL
EXIT_URL = env("EXIT_URL", "https://www.kazhydromet.kz/")  # a dull, impersonal page: the weather

# --- applications --------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "portal",  # first: its templates and its createsuperuser come before the libraries'
    "volunteers",
    "mentors",
    "events",
    "content",
    "wagtail_localize",
    "wagtail_localize.locales",
    "wagtail.contrib.redirects",
    "wagtail.contrib.settings",
    "wagtail.embeds",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "django_filters",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",  # allauth's page of security keys says "two days ago"
    "django.contrib.sitemaps",
    "django.forms",
]

MIDDLEWARE = [
    "content.middleware.PublicPages",
    "django.middleware.security.SecurityMiddleware",
    "portal.middleware.Headers",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "portal.middleware.Language",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "portal.middleware.SecondFactor",
    "portal.middleware.Refusals",
    "wagtail.contrib.redirects.middleware.RedirectMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.views.site_context",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- database ------------------------------------------------------------------------------------------------

DATABASES = {"default": dj_database_url.parse(env("DATABASE_URL", f"sqlite:///{VAR_DIR / 'db.sqlite3'}"))}
_database = DATABASES["default"]
_database["CONN_MAX_AGE"] = 60
EMBEDDED_DATABASE = _database["ENGINE"] == "django.db.backends.sqlite3"
if EMBEDDED_DATABASE:
    # IMMEDIATE takes the write lock when the transaction begins: without it competing bookings answer "database is locked".
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;PRAGMA mmap_size=134217728;"
            "PRAGMA journal_size_limit=67108864;PRAGMA cache_size=-20000;PRAGMA temp_store=MEMORY;"
        ),
    }
    if TESTING:
        # A file, so that tests with threads meet the locks that the portal meets.
        _database["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
else:
    # Compiling a query's plan takes longer than any page here may take.
    _options = _database.setdefault("OPTIONS", {})
    _options["options"] = f"{_options.get('options', '')} -c jit=off".strip()

REDIS_URL = env("REDIS_URL")
# "pages" holds public pages whole (content.middleware); its files are shared by all processes of one machine.
_pages = {"TIMEOUT": int(timedelta(days=1).total_seconds()), "KEY_PREFIX": "pages"}
if REDIS_URL:
    _redis = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    CACHES = {"default": _redis, "pages": _redis | _pages}
else:
    CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "portal_cache"},
        "pages": {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            "LOCATION": VAR_DIR / "pages",
            "OPTIONS": {"MAX_ENTRIES": 5000},
            **_pages,
        },
    }
if TESTING:
    CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
        "pages": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"},
    }

# --- accounts ------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "portal.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home_of_user"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "portal.accounts.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email", "phone"}
ACCOUNT_SIGNUP_FIELDS = [
    "email*",
    "phone",
    "password1*",
]  # portal.accounts.SignupForm: one of the two is enough
ACCOUNT_FORMS = {"login": "portal.accounts.LoginForm", "signup": "portal.accounts.SignupForm"}
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_PHONE_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = 15 * 60  # seconds; the letters say so
ACCOUNT_CHANGE_EMAIL = True
# Six digits: a veteran types them on a phone whose keyboard stands at Kazakh. Three tries each.
ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "length": 6, "dashed": False}
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
# Failed sign-ins are limited by allauth's own defaults; a school computer room shares one address.
ACCOUNT_RATE_LIMITS = {
    "login": "300/m/ip",
    "verify_phone": "1/30s/key,30/m/ip",
    "interest": "10/h/ip",
    "check_in": "5/5m/key",  # codes typed for one visit
    "page_feedback": "20/m/ip",
}
if DEMO_MODE:
    ACCOUNT_RATE_LIMITS["signup"] = "200/m/ip"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Tirek"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = SITE_HOST in {"127.0.0.1", "localhost"}
SECOND_FACTOR_REQUIRED = not DEMO_MODE

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "portal.views.csrf_failure"
SESSION_COOKIE_AGE = int(timedelta(days=14).total_seconds())
SECURE_SSL_REDIRECT = HTTPS and not TESTING
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
# Not "no-referrer": browsers then send "Origin: null" with every form and the CSRF check refuses it.
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"  # the editor's preview panel frames our own pages
SILENCED_SYSTEM_CHECKS = ["security.W019"]  # which wants DENY
if flag("BEHIND_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    ALLAUTH_TRUSTED_PROXY_COUNT = 1

# --- languages and time --------------------------------------------------------------------------------------

# What a library has not in Kazakh shows in Russian; the undecided visitor is sent to Kazakh (portal.middleware.Language).
LANGUAGE_CODE = "ru"
LANGUAGES = WAGTAIL_CONTENT_LANGUAGES = [("kk", _("Kazakh")), ("ru", _("Russian")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "portal" / "locale", BASE_DIR / "portal" / "locale_libraries"]
FORMAT_MODULE_PATH = ["portal.formats"]
USE_I18N = USE_TZ = True
TIME_ZONE = "Asia/Almaty"
LANGUAGE_COOKIE_SAMESITE = "Lax"

# --- files ---------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
MEDIA_URL = "/media/"
MEDIA_ROOT = VAR_DIR / "media"
PRIVATE_ROOT = VAR_DIR / "private"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or TESTING
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
EVIDENCE_MAX_BYTES = 20 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600

# --- letters -------------------------------------------------------------------------------------------------

DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", "Tirek <noreply@demo.example>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
EMAIL_HOST = env("EMAIL_HOST")
EMAIL_PORT = int(env("EMAIL_PORT", "25"))
EMAIL_HOST_USER = env("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = flag("EMAIL_USE_TLS")
EMAIL_TIMEOUT = 15
# Without a mail server a letter is "sent" to the page of letters (demo) and nowhere else; check --deploy refuses that.
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'dummy'}.EmailBackend"
# Dotted path of `send(phone: str, text: str) -> None`. Empty: text messages go to the page of letters only.
SMS_SENDER = env("SMS_SENDER")

# --- worker --------------------------------------------------------------------------------------------------

CELERY_BROKER_URL = REDIS_URL or "filesystem://localhost"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat")
CELERY_TASK_ALWAYS_EAGER = TESTING
if REDIS_URL:
    CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 300}
else:
    _broker = VAR_DIR / "broker"
    for _folder in ("messages", "control"):
        (_broker / _folder).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_broker / "messages"),
        "data_folder_out": str(_broker / "messages"),
        "control_folder": str(_broker / "control"),
        "polling_interval": 0.1,
    }
CELERY_BEAT_SCHEDULE = {
    "letters that no task took": {"task": "portal.tasks.sweep", "schedule": timedelta(seconds=20)},
    "regular": {"task": "portal.tasks.regular", "schedule": timedelta(minutes=5)},
    "nightly": {"task": "portal.tasks.nightly", "schedule": crontab(hour=2, minute=0)},
}

# --- Wagtail -------------------------------------------------------------------------------------------------

WAGTAIL_SITE_NAME = "Tirek"
WAGTAIL_I18N_ENABLED = True
WAGTAILADMIN_PERMITTED_LANGUAGES = [("ru", _("Russian")), ("en", _("English"))]  # Wagtail has no Kazakh
WAGTAIL_USER_TIME_ZONES = [TIME_ZONE]
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = WAGTAIL_PASSWORD_RESET_ENABLED = False
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False
WAGTAILADMIN_LOGIN_URL = "account_login"
WAGTAILEMBEDS_FINDERS = []  # no page of ours loads anything from another host
WAGTAILDOCS_EXTENSIONS = ["pdf", "docx", "odt", "xlsx", "ods", "txt"]
# "simple": the stems are ours (content/stems.py); PostgreSQL must not stem them again.
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database", "SEARCH_CONFIG": "simple"}}
WAGTAILLOCALIZE_DISABLE_ON_DELETE = True
MODERATION_EMAILS = False

# --- programme: its numbers; the unit stands in the name -------------------------------------------------------

PROGRAMME = {
    "minimum_age_years": 18,
    "contact_code_hours": 24,
    "reference_link_days": 21,
    "references_needed": 2,
    "reference_reminder_days": [7, 14],  # after the link was sent
    "approval_days": 730,
    "renewal_window_days": 60,
    "renewal_reminder_days": [60, 30, 7, 0],  # before the last day
    "history_years": 10,  # how far back work and volunteering are asked for
    "history_gap_months": 3,
    "quiz_pass_percent": 80,
    "notice_days": 10,  # to answer a notice of refusal
    "appeal_days": 30,
    "lapse_days": {"unconfirmed": 7, "more_info": 21},
    "lapse_reminder_days": {"unconfirmed": [3, 5], "more_info": [7, 14]},
    "reopen_days": 30,
    "draft_days": 60,  # an unsent draft is erased
    "anonymise_declined_days": 730,
    "interest_days": 30,  # a request to be called back is erased
    "invitation_days": 30,
    "exemption_days": 90,  # at most
    "risk_assessment_days": 30,  # at most
    "do_not_engage_review_days": 1095,
    "letter_hold_minutes": 10,  # letters with words of staff wait so long and can be stopped
    "probation_visits": 3,
    "inactive_warning_days": 334,
    "inactive_days": 365,
    "pause_days": 365,  # at most
    "check_in_days": {"first_month": 15, "first_year": 30, "later": 91},  # a supervisor's talks with his mentor
    "requests_at_most": 5,  # of one school, sent and not yet planned
    "request_ahead_days": 365,  # how far ahead a school may ask for a day
    "request_window_minutes": 30,  # at least
    "needs_days": 30,  # how far ahead the board of needs looks
    "booking_buffer_minutes": 60,
    "travel": {  # what a way is likely to take, from the straight line
        "way_factor": 1.3,
        "km_per_hour": {"foot": 4.5, "bus": 18, "car": 35},
        "waiting_minutes": {"bus": 10},
    },
    "confirmed_hours_tolerance_minutes": 15,
    "reminder_hours_before": 24,  # of a training meeting
    "reminders": {"week": (168, 48), "day": (24, 2), "soon": (2, 0.5)},  # hours before a visit: due, useful until
    "late_cancel_hours": 48,
    "urgent_hours": 48,  # news of a visit that begins within so many hours goes by text message too
    "quiet_hours": ("21:00", "08:00"),  # Asia/Almaty: text messages wait for the morning
    "visits_at_most": {"day": 3, "week": 6, "month": 16},  # of one mentor, if he has set no lower limits
    "offer_hours": 24,  # how long a place from the waiting list is kept
    "shared_offer_from_hours": 24,  # before the session: from then on every waiter is asked at once
    "shared_offer_hours": 3,
    "offers_that_may_run_out": 2,  # then he is taken off the list
    "last_offer_hours": 1,  # before the session: nobody is asked any more
    "handover_until_hours": 2,  # before the session: until then a colleague may take a visit over
    "confirm_again_hours": 48,
    "plan_ahead_days": 400,
    "at_risk_hours": 24,
    "check_in_minutes": 30,  # before the beginning and after the end
    "feedback_days": 60,  # after a visit, then the pages no longer ask what it was like
    "attendance_task_days": 7,  # after the visit, then the coordinator asks the school
    "shift_hours": {1: ("08:00", "13:00"), 2: ("13:30", "18:30"), 3: ("18:00", "20:00")},
}

# --- logging: no names, no bodies, no query strings --------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"tokens": {"()": "portal.logs.WithoutTokens"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["tokens"]}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", "WARNING")},
    "loggers": {"django": {"handlers": ["console"], "level": "WARNING", "propagate": False}},
}
