"""Settings: one file, told apart by environment variables only (see .env.example)."""

import math
import sys
from pathlib import Path
from typing import Any

import structlog
from django.core.exceptions import ImproperlyConfigured

from ingestion_site.lib import env as environment

# Paths
BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

# Environment
env = environment.reader(BASE_DIR / ".env")
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = environment.secret_key(env)
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"] if DEBUG else []
)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# Apps
INSTALLED_APPS = [
    "imports",
    "stats",
    "races",
    "accounts",
    "ingestion_site",
    "ingestion_site.apps.ScrutineerAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django_q",
    "django_filters",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

# Middleware
MIDDLEWARE = [
    # Outermost: also what those below refuse has an id, and one shape in the API.
    "ingestion_site.lib.api_middleware.RequestIds",
    "ingestion_site.lib.api_middleware.ApiAnswers",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "ingestion_site.lib.api_timeout.StatementTimeoutMiddleware",
]
ROOT_URLCONF = "ingestion_site.urls"
WSGI_APPLICATION = "ingestion_site.wsgi.application"

# Templates
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Database
DATABASES = {
    "default": environment.database(
        env, embedded_data=VAR_DIR / "postgres", application_name="scrutineer"
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Cache: of each process alone.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}

# Auth
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "admin:login"

# Language and time: the admin speaks English and UTC.
LANGUAGE_CODE = "en"
USE_I18N = False
TIME_ZONE = "UTC"
USE_TZ = True
USE_THOUSAND_SEPARATOR = True

# Static files, and the uploads that are never served
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "templates" / "static"]
MEDIA_ROOT = env.path("FILES_DIR", default=str(VAR_DIR / "files"))()
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
DATA_UPLOAD_MAX_NUMBER_FILES = 100

# The queue: a doorbell (docs/adr/0006). imports/queue_checks.py refuses what is not safe.
WORKERS = env.int("WORKERS", default=2)
Q_CLUSTER = {
    "name": "scrutineer",
    "orm": "default",
    "workers": WORKERS,
    "timeout": 600,
    # A task waits in a cluster while others work: timeout * (1 + (limit + bulk) / workers),
    # rounded up, and ten minutes.
    "retry": 600 * (1 + math.ceil(2 / max(WORKERS, 1))) + 600,
    "queue_limit": 1,
    "bulk": 1,
    "max_attempts": 1,
    "ack_failures": True,
    "catch_up": False,
    # No row of a table runs what it names: cron is the scheduler.
    "scheduler": False,
    "poll": 1,
    "guard_cycle": 1,
    "recycle": 50,
    "save_limit": 200,
    "label": "Queue",
    "ALT_CLUSTERS": {},
}

# API
BEHIND_TLS_PROXY = env.bool("BEHIND_TLS_PROXY", default=False)
API_PASSWORDS = env.bool("API_PASSWORDS", default=DEBUG)
API_RATES = {
    "read": environment.rate(env, "API_RATE_READ", default="1200/minute"),
    "upload": environment.rate(env, "API_RATE_UPLOAD", default="60/minute"),
    "run": environment.rate(env, "API_RATE_RUN", default="60/minute"),
    "failures": environment.rate(env, "API_RATE_FAILURES", default="30/minute"),
}
# A read of the API may keep the database busy for so long.
API_STATEMENT_SECONDS = env.int("API_STATEMENT_SECONDS", default=5)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        # First: it names the scheme that a 401 asks for.
        "accounts.authentication.TokenAuthentication",
        "accounts.authentication.SessionAuthentication",
        "accounts.authentication.PasswordAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["ingestion_site.lib.api_access.IsAllowed"],
    "DEFAULT_THROTTLE_CLASSES": ["accounts.throttling.RateThrottle"],
    # Whose word is taken for where a request comes from.
    "NUM_PROXIES": 1 if BEHIND_TLS_PROXY else 0,
    "DEFAULT_PARSER_CLASSES": ["ingestion_site.lib.api_parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_FILTER_BACKENDS": ["ingestion_site.lib.api_filters.StrictFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "ingestion_site.lib.pagination.KeyPagination",
    "DEFAULT_SCHEMA_CLASS": "ingestion_site.lib.api_schema.Schema",
    "EXCEPTION_HANDLER": "accounts.refusals.exception_handler",
    # There is one format; `format` is an unknown parameter like any other.
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Scrutineer",
    "DESCRIPTION": "Meetings, races, entrants and laps, and the files they came from.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVERS": [{"url": "/", "description": "Where this document is served."}],
    # What is sent is described without what only answers have.
    "COMPONENT_SPLIT_REQUEST": True,
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["ingestion_site.lib.api_access.IsAllowed"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "ingestion_site.lib.api_schema.describe_errors",
        "ingestion_site.lib.api_changes_schema.describe_following",
        "ingestion_site.lib.api_document.describe_writes",
        "ingestion_site.lib.api_document.describe_ids",
        "ingestion_site.lib.api_document.describe_formats",
    ],
    "ENUM_NAME_OVERRIDES": {
        "RunStateEnum": "imports.models.ImportRun.State",
        "RunFileStateEnum": "imports.models.RunFile.State",
        "ConflictSideEnum": "imports.models.Conflict.Side",
        "ConflictStateEnum": "imports.models.Conflict.State",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# Imports: imports/conf.py lists the names with their defaults.
IMPORTS_DB_POOL_MAX = env.int("DB_POOL_MAX", default=10)
IMPORTS_LEASE_SECONDS = env.int("IMPORTS_LEASE_SECONDS", default=90)
# Both end before the lease does.
IMPORTS_STATEMENT_TIMEOUT_SECONDS = IMPORTS_LEASE_SECONDS * 2 // 3
IMPORTS_LOCK_TIMEOUT_SECONDS = IMPORTS_LEASE_SECONDS // 3
IMPORTS_LANE_SECONDS = env.int("IMPORTS_LANE_SECONDS", default=120)
IMPORTS_WATCHDOG_SECONDS = env.int("IMPORTS_WATCHDOG_SECONDS", default=60)
IMPORTS_WATCH_SECONDS = env.int("IMPORTS_WATCH_SECONDS", default=15)
IMPORTS_STOP_SECONDS = env.int("IMPORTS_STOP_SECONDS", default=300)
IMPORTS_EXPORT_SECONDS = env.int("IMPORTS_EXPORT_SECONDS", default=600)
IMPORTS_FLAG_PROFILE = env.str(
    "FLAG_PROFILE", default="development" if DEBUG else "production"
)
if IMPORTS_FLAG_PROFILE not in ("development", "production"):
    raise ImproperlyConfigured(
        f"FLAG_PROFILE is {IMPORTS_FLAG_PROFILE}; it must be development or production."
    )
# For tests only: where they end the process.
IMPORTS_FAILPOINT = env.str("IMPORTS_FAILPOINT", default="")
if IMPORTS_FAILPOINT and not DEBUG:
    raise ImproperlyConfigured(
        "IMPORTS_FAILPOINT ends processes on purpose and is for tests; DEBUG is off. "
        "Unset it."
    )

# Alerts: whom they are told, and where it is remembered that the database is away.
IMPORTS_ALERT_EMAILS = env.list("ALERT_EMAILS", default=[])
IMPORTS_ALERT_WEBHOOK_URL = env.str("ALERT_WEBHOOK_URL", default="")
IMPORTS_ALERT_WEBHOOK_SECRET = env.str("ALERT_WEBHOOK_SECRET", default="")
IMPORTS_OUTAGE_FILE = VAR_DIR / "database_unreachable.json"
# Who may read /metrics: the bearer of this, or, without one, this machine alone.
IMPORTS_METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
IMPORTS_IS_BEHIND_PROXY = BEHIND_TLS_PROXY

# Mail: only alerts are sent. Unset, they go to stdout.
vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", default="scrutineer@localhost")

# Logging: JSON lines for programs, or lines for people; always on stderr.
LOG_FORMAT = env.str(
    "LOG_FORMAT", default="console" if DEBUG and sys.stderr.isatty() else "json"
)
LOG_LEVEL = env.str("LOG_LEVEL", default="WARNING" if DEBUG else "INFO").upper()
LOG_FACTS: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "structured": {
            "()": "structlog.stdlib.ProcessorFormatter",
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *(
                    [
                        structlog.dev.ConsoleRenderer(
                            colors=sys.stderr.isatty(),
                            # The default one shows the values of variables.
                            exception_formatter=structlog.dev.plain_traceback,
                        )
                    ]
                    if LOG_FORMAT == "console"
                    else [
                        structlog.processors.format_exc_info,
                        structlog.processors.JSONRenderer(default=str),
                    ]
                ),
            ],
            "foreign_pre_chain": LOG_FACTS,
        },
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "structured"},
    },
    # Of others only what is wrong; of ours what LOG_LEVEL asks for.
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        name: {"level": LOG_LEVEL}
        for name in (
            *("imports", "stats", "races", "accounts", "ingestion_site"),
            "django-q",
        )
    }
    | {
        # It says the address of each request, which may hold a secret.
        "httpx": {"level": "WARNING"},
        # Each retry in its own words; `patiently` says once that it waits.
        "stamina": {"level": "ERROR"},
        # Without the handlers that Django gives it, which say all a second time.
        "django": {"level": "WARNING", "handlers": []},
        # The requests of runserver.
        "django.server": {"level": "INFO", "handlers": [], "propagate": True},
    },
}
structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *LOG_FACTS,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
)

# Security
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 8 * 60 * 60
CSRF_COOKIE_HTTPONLY = True
if not DEBUG:
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    # Probes speak http, from inside.
    SECURE_REDIRECT_EXEMPT = [r"^(livez|readyz|healthz/worker|metrics)$"]
    if BEHIND_TLS_PROXY:
        # Only where the proxy sets the header itself and strips the client's.
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
