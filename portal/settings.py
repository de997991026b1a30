"""Environment in, settings out. With nothing set this is the embedded default: SQLite, a broker that needs no
server, letters on a page. ``manage.py settings_table`` writes every variable into docs/operations.md; ``check --deploy`` says what is missing."""

import sys
import tomllib
import zoneinfo
from datetime import timedelta
from operator import attrgetter
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.http.request import validate_host
from django.utils.translation import gettext_lazy as _

from portal.environment import DATABASES as DATABASE_SCHEMES
from portal.environment import (
    REDIS,
    beginning,
    bucket,
    database,
    env,
    flag,
    folder,
    kept_file,
    level,
    listed,
    malformed,
    origin,
    port,
    server,
    shaped,
)

# The pinned tzdata package, not the host's files: an old host would still put Almaty at UTC+6 (changed on 1 March 2024).
zoneinfo.reset_tzpath(to=())

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]["version"]
TESTING = "pytest" in sys.modules

DEBUG = flag("DEBUG", "pages of errors for developers; never on with real people")
DEMO_MODE = flag("DEMO_MODE", "invented people, an open page of letters, no second factor; never on with real people")
VAR_DIR = folder(
    "VAR_DIR",
    BASE_DIR / "var",
    "everything the portal writes that no other variable names: database, files, broker, static files",
    shown="`var`",
)

# --- secrets -------------------------------------------------------------------------------------------------

DEFAULT_SECRET_KEY = "django-insecure-for-development-and-tests-only"  # noqa: S105
_keys = env(
    "KEYS_DIR",
    str(VAR_DIR / "keys"),
    "`secret_key`, `lookup.key`, `data/*.key`; [see below](#keys)",
    shown="`var/keys`",
)
KEYS_DIR = VAR_DIR / "test-keys" if TESTING else Path(_keys)
_secret_file = KEYS_DIR / "secret_key"
_secret = env("SECRET_KEY", "", "the program does not start without one", shown="file `secret_key` in `KEYS_DIR`")
SECRET_KEY = _secret or (_secret_file.read_text() if _secret_file.exists() else DEFAULT_SECRET_KEY)
if SECRET_KEY == DEFAULT_SECRET_KEY and not DEBUG and not TESTING:
    raise malformed(
        "KEYS_DIR",
        f"no SECRET_KEY, since {_secret_file} is not there. Name the folder of the keys, or bring them back; a portal that "
        f"never had any gets them by `python -m portal.keys {KEYS_DIR}`.",
    )
DATA_KEYS_DIR = KEYS_DIR / "data"
LOOKUP_KEY_FILE = KEYS_DIR / "lookup.key"
# Whose data were deleted, for `replay_erasures` after a restore: it must not lie in what is restored.
ERASURES_FILE = kept_file(
    "ERASURES_FILE",
    VAR_DIR / "erasures.txt",
    "whose data were deleted, for after a restore; [see below](#data-about-people-how-long-and-after-a-restore)",
    shown="`erasures.txt` in `VAR_DIR`",
)

# --- addresses -----------------------------------------------------------------------------------------------

PORT = port("PORT", 8000, "where `make run` and `make dev` listen")
SITE_URL = origin(
    "SITE_URL",
    f"http://127.0.0.1:{PORT}",
    "the address people type; https switches on secure cookies and HSTS",
    shown="`http://127.0.0.1:8000`",
)
SITE_HOST = SITE_URL.split("//", 1)[1].split(":")[0]
ALLOWED_HOSTS = listed(
    "ALLOWED_HOSTS",
    f"{SITE_HOST},127.0.0.1,localhost",
    "by what names the portal may be asked, comma-separated; no wildcards",
    each=r"[a-zA-Z0-9.*-]+|\[[0-9a-fA-F:]+\]",
    wanted="names of hosts, without https:// and without a port",
    shown="the host of `SITE_URL`, `127.0.0.1`, `localhost`",
)
if not validate_host(SITE_HOST, ALLOWED_HOSTS):
    raise malformed("ALLOWED_HOSTS", f"{SITE_HOST}, the host of SITE_URL, is missing.")
HTTPS = SITE_URL.startswith("https://")
if DEBUG and HTTPS and not TESTING:
    raise ImproperlyConfigured("DEBUG is on and SITE_URL is https: pages of errors would show secrets to everybody.")
CSRF_TRUSTED_ORIGINS = [SITE_URL]
WAGTAILADMIN_BASE_URL = SITE_URL
# Whom /.well-known/security.txt names: mailto:, tel: or https: addresses, comma-separated; and where the terms stand.
SECURITY_CONTACTS = listed(
    "SECURITY_CONTACT",
    "mailto:security@demo.example",
    "whom `/.well-known/security.txt` names: `mailto:`, `tel:` or `https:`, comma-separated",
    each=r"(mailto|tel|https):\S+",
    wanted="addresses that begin with mailto:, tel: or https:",
    shown="none",
)
SECURITY_POLICY = env("SECURITY_POLICY", "", "where your terms for those who look for holes stand")
EXIT_URL = shaped(
    "EXIT_URL",
    "https://www.kazhydromet.kz/",
    "where the quick exit leads: a dull, impersonal page; here the weather",
    shape=r"https?://[^\s/]\S*",
    wanted="an address that begins with https://",
)

# --- applications --------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "portal",  # first: its templates and its createsuperuser come before the libraries'
    "volunteers",
    "mentors",
    "events",
    "content",
    "wagtail.contrib.redirects",
    "wagtail.contrib.settings",
    "wagtail.contrib.simple_translation",
    "wagtail.locales",
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
    "allauth.usersessions",
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
    "portal.tracing.Trace",
    "portal.metrics.Times",
    "content.middleware.PublicPages",
    "django.middleware.security.SecurityMiddleware",
    "portal.middleware.Headers",
    "portal.middleware.Methods",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "portal.middleware.Language",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.middleware.LoginRequired",
    "django.contrib.messages.middleware.MessageMiddleware",
    "portal.sessions.Life",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "portal.middleware.SecondFactor",
    "portal.step_up.AccountPages",
    "portal.middleware.Refusals",
    "portal.limits.Limits",
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

_database = database(
    "DATABASE_URL",
    DATABASE_SCHEMES,
    f"sqlite:///{VAR_DIR / 'db.sqlite3'}",
    "`postgres://user:password@host/name` in production",
    shown="SQLite in `VAR_DIR`",
)
DATABASES = {"default": _database}
EMBEDDED_DATABASE = DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"
_database = database(
    "DATABASE_REPLICA_URL",
    DATABASE_SCHEMES[:2],
    "",
    "a PostgreSQL that follows the first one: the site's search asks it ([why no more](decisions/0022-the-search-may-ask-a-replica.md))",
)
if _database:
    DATABASES["replica"] = _database
    DATABASE_ROUTERS = ["portal.replica.Router"]
for _database in DATABASES.values():
    _database["CONN_MAX_AGE"] = 60
    _database["CONN_HEALTH_CHECKS"] = True  # a database that was started again costs nobody an error
if EMBEDDED_DATABASE:
    # IMMEDIATE takes the write lock when the transaction begins: without it competing bookings answer "database is locked".
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;PRAGMA mmap_size=134217728;"
            "PRAGMA journal_size_limit=67108864;PRAGMA cache_size=-20000;PRAGMA temp_store=MEMORY;"
        ),
    }
    if TESTING:
        # A file, so that tests with threads meet the locks that the portal meets.
        DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
else:
    for _database in DATABASES.values():
        # Compiling a query's plan takes longer than any page here may take.
        _options = _database.setdefault("OPTIONS", {})
        _options["options"] = f"{_options.get('options', '')} -c jit=off".strip()
        # A server that vanishes from the network, without a word, is given up after so long.
        _options |= {"connect_timeout": 5, "tcp_user_timeout": 15_000} | _options  # seconds, milliseconds

REDIS_URL = server("REDIS_URL", REDIS, "", "broker and cache in production: `redis://host:6379/0`")
# "pages" holds public pages whole (content.middleware); its files are shared by all processes of one machine.
_pages = {"TIMEOUT": int(timedelta(days=1).total_seconds()), "KEY_PREFIX": "pages"}
if REDIS_URL:
    _redis = {
        "BACKEND": "portal.caches.Redis",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},  # seconds
    }
    CACHES = {"default": _redis, "pages": _redis | _pages}
else:
    CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "portal_cache"},
        "pages": {
            "BACKEND": "portal.caches.Files",
            "LOCATION": VAR_DIR / "pages",
            "OPTIONS": {"MAX_ENTRIES": 5000},
            **_pages,
        },
    }
LIMITS_REDIS_URL = "" if TESTING else REDIS_URL  # where requests are counted (portal.limits); empty: in a table
if TESTING:
    CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
        "pages": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"},
    }

# --- accounts ------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "portal.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "portal.passwords.Guessable"},  # knows frequent passwords and one's own names as Django's two others do
]
BREACHED_PASSWORDS = env(
    "BREACHED_PASSWORDS", "", "path of a file of stolen passwords, ordered by hash; [see below](#signing-in)"
)
if BREACHED_PASSWORDS:
    AUTH_PASSWORD_VALIDATORS.append({"NAME": "portal.passwords.Breached"})
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home_of_user"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "portal.accounts.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_DISPLAY = attrgetter("display_name")
ACCOUNT_LOGIN_METHODS = {"email", "phone"}
ACCOUNT_SIGNUP_FIELDS = [
    "email*",
    "phone",
    "password1*",
]  # portal.accounts.SignupForm: one of the two is enough
ACCOUNT_FORMS = {
    "login": "portal.accounts.LoginForm",
    "signup": "portal.accounts.SignupForm",
    "request_login_code": "portal.accounts.RequestCodeForm",
    "confirm_login_code": "portal.guessing.LoginCodeForm",
    "confirm_email_verification_code": "portal.guessing.EmailCodeForm",
    "confirm_password_reset_code": "portal.guessing.ResetCodeForm",
    "verify_phone": "portal.guessing.PhoneCodeForm",
}
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_PHONE_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = 10 * 60  # seconds; the letters say so
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = ACCOUNT_PHONE_VERIFICATION_TIMEOUT = 10 * 60
ACCOUNT_CHANGE_EMAIL = True
# Six digits: a veteran types them on a phone whose keyboard stands at Kazakh. Three tries each.
ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "length": 6, "dashed": False}
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
# A school computer room shares one address. Wrong passwords and codes are counted by portal.guessing.
ACCOUNT_RATE_LIMITS = {
    "login": "300/m/ip",
    "login_failed": None,
    "request_login_code": "20/m/ip,3/m/key,10/h/key",  # letters to one address; each brings three tries
    "reset_password": "20/m/ip,3/m/key,10/h/key",
    "verify_phone": "1/30s/key,30/m/ip",
}
if DEMO_MODE:
    ACCOUNT_RATE_LIMITS["signup"] = "200/m/ip"
MFA_FORMS = {
    "authenticate": "portal.guessing.SecondFactorForm",
    "reauthenticate": "portal.guessing.SecondFactorAgainForm",
    "add_webauthn": "portal.webauthn.AddForm",
    "login_webauthn": "portal.webauthn.LoginForm",
    "reauthenticate_webauthn": "portal.webauthn.AgainForm",
}
MFA_ADAPTER = "portal.second_factor.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Tirek"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = SITE_HOST in {"127.0.0.1", "localhost"}
SECOND_FACTOR_REQUIRED = not DEMO_MODE

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
DEVICE_COOKIE_NAME = "__Host-device" if HTTPS else "device"  # portal.devices
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
_behind = flag("BEHIND_PROXY", "trust `X-Forwarded-Proto` and one hop of `X-Forwarded-For`")
ALLAUTH_TRUSTED_PROXY_COUNT = int(_behind)  # whose X-Forwarded-For is believed
if ALLAUTH_TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- languages and time --------------------------------------------------------------------------------------

# What a library has not in Kazakh shows in Russian; the undecided visitor is sent to Kazakh (portal.middleware.Language).
LANGUAGE_CODE = "ru"
LANGUAGES = WAGTAIL_CONTENT_LANGUAGES = [("kk", _("Kazakh")), ("ru", _("Russian")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "portal" / "locale", BASE_DIR / "portal" / "locale_libraries"]
FORMAT_MODULE_PATH = ["portal.formats"]
USE_I18N = USE_TZ = True
TIME_ZONE = "Asia/Almaty"
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = HTTPS

# --- files ---------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = folder(
    "STATIC_DIR", VAR_DIR / "static", "where `manage.py prepare` puts static files", shown="`static` in `VAR_DIR`"
)
MEDIA_URL = "/media/"
MEDIA_ROOT = VAR_DIR / "media"
PRIVATE_ROOT = VAR_DIR / "private"
STORAGES = {
    "default": {"BACKEND": "portal.storages.WholeFiles"},
    "private": {"BACKEND": "portal.storages.PrivateFiles"},  # in PRIVATE_ROOT, encrypted (portal.files)
    # What pages show of a picture. It alone has an address: what editors uploaded lies in MEDIA_ROOT, which nothing serves.
    "pictures": {
        "BACKEND": "portal.storages.WholeFiles",
        "OPTIONS": {"location": str(VAR_DIR / "pictures"), "base_url": "/pictures/"},  # str: a task carries it
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or TESTING
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
PRIVATE_BUCKET = bucket(
    "PRIVATE_STORAGE_URL",
    "bucket for encrypted files and what editors upload, in place of `VAR_DIR`: `https://KEY:SECRET@host/bucket?region=…`; "
    "[see below](#files-in-buckets)",
)
PUBLIC_BUCKET = bucket(
    "PUBLIC_STORAGE_URL",
    "bucket for pictures as pages show them, readable by everybody; `&address=https://…` if browsers reach it by another name",
)
if PRIVATE_BUCKET:
    STORAGES |= {"default": {"BACKEND": "portal.buckets.Uploads"}, "private": {"BACKEND": "portal.buckets.Private"}}
if PUBLIC_BUCKET:
    STORAGES["pictures"] = {"BACKEND": "portal.buckets.Pictures"}
EVIDENCE_MAX_BYTES = 20 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 25 * 1024 * 1024  # as the proxy allows: no paper lies in a temporary file in clear
CLAMD = env("CLAMD", "", "virus scanner: `host:port` or the path of its socket; [see below](#virus-scanner)")
if CLAMD and not (CLAMD.startswith("/") or CLAMD.rpartition(":")[2].isdecimal()):
    raise malformed("CLAMD", f"host:port or the path of a socket is needed, not {CLAMD!r}.")
FILE_UPLOAD_PERMISSIONS = 0o600
# A request as a whole, and what it may bring beside its files; who is not signed in sends no files.
BODY_MAX_BYTES = FILE_UPLOAD_MAX_MEMORY_SIZE
DATA_UPLOAD_MAX_MEMORY_SIZE = BODY_MAX_BYTES_OF_STRANGERS = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000  # a long page in the CMS has several hundred
DATA_UPLOAD_MAX_NUMBER_FILES = 10

# --- letters -------------------------------------------------------------------------------------------------

DEFAULT_FROM_EMAIL = shaped(
    "DEFAULT_FROM_EMAIL",
    "Tirek <noreply@demo.example>",
    "sender of letters",
    shape=r"[^@<>\s]+@[^@<>\s]+|[^@<>]*<[^@<>\s]+@[^@<>\s]+>",
    wanted="Name <name@host>",
)
SERVER_EMAIL = DEFAULT_FROM_EMAIL
EMAIL_HOST = env("EMAIL_HOST", "", "mail server")
EMAIL_PORT = port("EMAIL_PORT", 25, "its port; 587 with `EMAIL_USE_TLS` as a rule")
EMAIL_HOST_USER = env("EMAIL_HOST_USER", "", "name at the mail server")
EMAIL_HOST_PASSWORD = env("EMAIL_HOST_PASSWORD", "", "password at the mail server")
EMAIL_USE_TLS = flag("EMAIL_USE_TLS", "STARTTLS; needed unless the mail server is on this machine")
EMAIL_TIMEOUT = 15
EMAIL_PROVIDER = env(
    "EMAIL_PROVIDER",
    "",
    "provider in place of a mail server, by its name in django-anymail: `mailgun`, `postmark` …; [see below](#letters)",
)
ANYMAIL = beginning("ANYMAIL_", "what the provider needs, such as `ANYMAIL_MAILGUN_API_KEY`; `ANYMAIL_WEBHOOK_SECRET`")
if EMAIL_PROVIDER:
    INSTALLED_APPS.append("anymail")
    EMAIL_BACKEND = f"anymail.backends.{EMAIL_PROVIDER}.EmailBackend"
else:
    # Without a mail server a letter is "sent" to the page of letters (demo) and nowhere else; check --deploy refuses that.
    EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'dummy'}.EmailBackend"
# portal.gateways. Empty: text messages go to the page of letters only.
_console = "portal.gateways.console" if DEMO_MODE else ""
SMS_SENDER = env(
    "SMS_SENDER",
    _console,
    "gateway for text messages: dotted path of `send(phone, text)`, or an address of apprise with `{phone}` in it; "
    "[see below](#text-messages)",
    shown="none",
)
MESSENGER_SENDER = env(
    "MESSENGER_SENDER",
    _console,
    "the same for a messenger that reaches people by phone, such as WhatsApp",
    shown="none",
)

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
    # In seconds. A worker asks for a second at a time; for what a page may wait see portal.broker.
    CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 300, "socket_timeout": 5, "socket_connect_timeout": 5}
    CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for its broker however long that takes
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
    name: {"task": f"portal.tasks.{name}", "schedule": schedule, "options": {"expires": schedule.total_seconds()}}
    for name, schedule in {
        "sweep": timedelta(seconds=20),  # letters that no task took
        "regular": timedelta(minutes=5),
        "nightly": timedelta(minutes=10),  # looks whether something of this night is left to do (portal.nightly)
    }.items()
}

# --- Wagtail -------------------------------------------------------------------------------------------------

WAGTAIL_SITE_NAME = "Tirek"
WAGTAIL_I18N_ENABLED = True
WAGTAILADMIN_PERMITTED_LANGUAGES = LANGUAGES  # Wagtail has no Kazakh: ours is in portal/locale_libraries
WAGTAIL_USER_TIME_ZONES = [TIME_ZONE]
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = WAGTAIL_PASSWORD_RESET_ENABLED = False
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False
WAGTAILADMIN_LOGIN_URL = "account_login"
WAGTAILEMBEDS_FINDERS = []  # no page of ours loads anything from another host
WAGTAILIMAGES_EXTENSIONS = ["jpg", "jpeg", "png"]  # no SVG: it can hold scripts
WAGTAILIMAGES_MAX_UPLOAD_SIZE = 10 * 1024 * 1024  # bytes
WAGTAILIMAGES_MAX_IMAGE_PIXELS = 40_000_000
WAGTAILIMAGES_IMAGE_FORM_BASE = "content.uploads.PictureForm"
WAGTAILIMAGES_RENDITION_STORAGE = "pictures"
WAGTAILIMAGES_AVIF_QUALITY, WAGTAILIMAGES_WEBP_QUALITY, WAGTAILIMAGES_JPEG_QUALITY = 55, 75, 78
WAGTAILDOCS_SERVE_METHOD = "serve_view"  # never a redirect to the bucket
WAGTAILDOCS_INLINE_CONTENT_TYPES = []  # every document is a download
WAGTAILDOCS_EXTENSIONS = ["pdf", "docx", "odt", "xlsx", "ods", "txt", "mp4", "webm", "vtt"]
WAGTAILDOCS_DOCUMENT_FORM_BASE = "content.uploads.DocumentForm"
# "simple": the stems are ours (content/stems.py); PostgreSQL must not stem them again.
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database", "SEARCH_CONFIG": "simple"}}
WAGTAIL_FINISH_WORKFLOW_ACTION = "content.publishing.publish_approved"
WAGTAILADMIN_NOTIFICATION_INCLUDE_SUPERUSERS = False  # letters about pages: content/notifications.py

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
    # How long data about people are kept; which job carries each out: portal/retention.py.
    "sign_up_days": 7,  # an account that nobody confirmed
    "draft_days": 60,  # an unsent draft is erased
    "anonymise_declined_days": 730,
    "safeguarding_refusal_days": 3653,  # a case that was refused for the safety of children is kept so long
    "former_mentor_days": 2191,  # six years after the end of service
    "concern_days": 3653,  # serious reports, after they were closed, and not before the person is 65
    "visit_words_days": 1096,  # what was written about a visit
    "letter_days": 30,  # letters that belong to no case
    "import_file_days": 1,  # a list that is brought in; what undoing it needs is kept longer and names nobody
    "import_undo_days": 14,
    "archive_days": 1,  # an archive of one's own data
    "erasure_grace_days": 14,  # until then who wants to be deleted may take it back
    "log_days": 3653,  # ten years: views of papers and allegations are kept as long
    "interest_days": 30,  # a request to be called back is erased
    "invitation_days": 30,
    "exemption_days": 90,  # at most
    "risk_assessment_days": 30,  # at most
    "role_proposal_days": 14,  # then a role that nobody confirmed has to be proposed anew
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

LOG_LEVEL = level(
    "LOG_LEVEL", "WARNING", "no log holds names, bodies or query strings; the security log is written whatever it says"
)
LOG_FORMAT = env("LOG_FORMAT", "line", "`line`, or `json`: one object a line, for programs that gather logs")
if LOG_FORMAT not in {"line", "json"}:
    raise malformed("LOG_FORMAT", "line or json.")
METRICS_TOKEN = env(
    "METRICS_TOKEN", "", "whoever brings it reads `/metrics`; without it there is no such page, and nothing is measured"
)
SENTRY_DSN = shaped(
    "SENTRY_DSN",
    "",
    "where errors are reported to: their kind and place, without anybody's words",
    shape=r"https?://[^\s@/]+@[a-zA-Z0-9.-]+(:[0-9]+)?/(\S+/)?[0-9]+",
    wanted="https://KEY@host/NUMBER",
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "portal.logs.OneLine"},
        "json": {"()": "portal.logs.OneObject"},
        "whole": {"format": "%(levelname)s %(name)s %(message)s"},
    },
    "filters": {"tokens": {"()": "portal.logs.WithoutTokens"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "whole" if DEBUG else LOG_FORMAT,
            "filters": ["tokens"],
        }
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        "portal.security": {"level": "INFO"},  # portal.watch
    },
}
