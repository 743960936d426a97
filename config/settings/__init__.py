"""One settings file; every value that differs by machine is an environment variable (docs/runbook.md lists them)."""

import datetime as dt
from pathlib import Path

import environ
from django.utils.translation import gettext_lazy as _

from config.csp import CSP

BASE_DIR = Path(__file__).resolve().parent.parent.parent

env = environ.Env()
env_file = env.path("ENV_FILE", default=str(BASE_DIR / ".env"))
if Path(env_file).is_file():
    env.read_env(str(env_file))

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY")
FIELD_KEYS_FILE = env.str("FIELD_KEYS_FILE", default="")  # mode 0400, a key a line
FIELD_KEYS = env.list(  # they wrap the keys of crypto_key; newest first; core.crypto.wrapping
    "FIELD_KEYS", default=[] if FIELD_KEYS_FILE else env.NOTSET
)
KEY_WRAPPER = env.str("KEY_WRAPPER", default="core.crypto.wrapping.LocalRing")
FIELD_ALGORITHM = env.str("FIELD_ALGORITHM", default="aes-256-gcm")  # or sm4-gcm, of new keys
KEY_CACHE_SECONDS = env.int(
    "KEY_CACHE_SECONDS", default=10
)  # an erased key is gone everywhere then
BLIND_INDEX_KEY = env.str("BLIND_INDEX_KEY", default="")  # taken over as the first index key
AUDIT_ANCHOR_KEY = env.str(
    "AUDIT_ANCHOR_KEY"
)  # signs what core.anchors writes outside the database
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SECURE_SITE = env.bool("SECURE_SITE", default=not DEBUG)  # served over HTTPS
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var")))
AUDIT_ANCHOR_FILE = Path(
    env.str("AUDIT_ANCHOR_FILE", default="") or DATA_DIR / "audit" / "anchors.jsonl"
)
ERASURE_LEDGER = env.str("ERASURE_LEDGER", default=str(DATA_DIR / "erasures.jsonl"))

INSTALLED_APPS = [
    "portal",
    "govadmin",
    "parents",
    "health",
    "quality",
    "training",
    "institution",
    "core",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "axes",
    "channels",
    "csp",
    "django_filters",
    "django_htmx",
    "django_structlog",
    "drf_spectacular",
    "guardian",
    "pgtrigger",
    "rest_framework",
    "template_partials",
]

MIDDLEWARE = [
    "core.middleware.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "core.middleware.PolicyMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "portal.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "core.devices.middleware.TabletMiddleware",
    "core.devices.middleware.SignInMiddleware",
    "portal.middleware.ActorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "core.middleware.AuditMiddleware",
    "core.middleware.LimitMiddleware",
    "core.middleware.RefusedMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "portal.context.shell",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "core.templatetags.ui",
                "template_partials.templatetags.partials",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

DATABASES = {
    "default": env.db("DATABASE_URL")
    | {
        "ENGINE": "core.postgres",
        "CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=60),
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": True,
    },
}
# The login that owns the tables, for `manage.py migrate` only.
MIGRATE_DATABASE_URL = env.str("MIGRATE_DATABASE_URL", default="") or env.str("DATABASE_URL")
MIGRATE_LOCK_MS = env.int("MIGRATE_LOCK_MS", default=200)
MIGRATE_STATEMENT_SECONDS = env.int("MIGRATE_STATEMENT_SECONDS", default=900)
MIGRATE_PATIENCE_SECONDS = env.int("MIGRATE_PATIENCE_SECONDS", default=600)
# Longest statement of pages and sockets, and of the worker (reports, exports, tasks); longest pause in a transaction.
WEB_STATEMENT_SECONDS = env.int("WEB_STATEMENT_SECONDS", default=5)
TASK_STATEMENT_SECONDS = env.int("TASK_STATEMENT_SECONDS", default=60)
IDLE_IN_TRANSACTION_SECONDS = env.int("IDLE_IN_TRANSACTION_SECONDS", default=15)
REDIS_URL = env.str("REDIS_URL")

BACKUP_DIR = Path(env.str("BACKUP_DIR", default=str(DATA_DIR / "backups")))
BACKUP_KEYS = env.list(
    "BACKUP_KEYS", default=[]
)  # newest first, 32 bytes each; core.recovery.sealing
BACKUP_SIGNING_KEY = env.str("BACKUP_SIGNING_KEY", default="")
BACKUP_KEEP = env.int("BACKUP_KEEP", default=14)
WAL_ARCHIVE_DIR = (  # where PostgreSQL's archive_command writes, sealed; core.recovery.wal
    Path(env.str("WAL_ARCHIVE_DIR", default="")) if env.str("WAL_ARCHIVE_DIR", default="") else None
)
BACKUP_DATABASE = (  # a login that row-level security does not bind, for backups only
    env.db("BACKUP_DATABASE_URL") if env.str("BACKUP_DATABASE_URL", default="") else None
)

AUTH_USER_MODEL = "core.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "core.auth.NameOrPhoneBackend",
    "guardian.backends.ObjectPermissionBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "core.signin.passwords.LengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "core.signin.passwords.LocalWordsValidator"},
]
LOGIN_URL = "portal:sign-in"
TABLET_URL = "nursery:tablet"  # where a paired tablet waits for a person
LOGIN_REDIRECT_URL = "portal:landing"
LOGOUT_REDIRECT_URL = "portal:home"
ANONYMOUS_USER_NAME = None  # django-guardian: nobody is granted anything without signing in

AXES_FAILURE_LIMIT = env.int("SIGN_IN_FAILURE_LIMIT", default=5)
AXES_COOLOFF_TIME = env.float("SIGN_IN_COOLOFF_HOURS", default=0.25)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
PROXY_COUNT = env.int("PROXY_COUNT", default=0)  # proxies in front that set X-Forwarded-For
AXES_CLIENT_IP_CALLABLE = "core.addresses.address_of"
AXES_USERNAME_CALLABLE = "core.auth.lockout_name"
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "portal.views.session.locked_out"
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False
AXES_SENSITIVE_PARAMETERS = ["username", "password"]

# The second step at sign-in (ADR 0011): "required" of these roles, or "offered" to everybody.
SECOND_FACTOR = env.str("SECOND_FACTOR", default="required")
SECOND_FACTOR_ROLES = frozenset(
    env.list(
        "SECOND_FACTOR_ROLES",
        default=[
            "platform_admin",
            "city_regulator",
            "county_regulator",
            "town_regulator",
            "auditor",
            "director",
        ],
    )
)
STEP_UP_SECONDS = env.int("STEP_UP_SECONDS", default=300)
WEBAUTHN_RP_ID = env.str("WEBAUTHN_RP_ID", default="")  # else the host of the request

# Longest pause and longest life of a session, by the kind of page its person works on (docs/security/sign-in.md).
SESSION_LIMITS = {
    shell: (
        dt.timedelta(minutes=env.int(f"SESSION_IDLE_MINUTES_{shell.upper()}", default=idle)),
        dt.timedelta(hours=env.int(f"SESSION_HOURS_{shell.upper()}", default=hours)),
    )
    for shell, idle, hours in (
        ("desk", 30, 12),
        ("touch", 12 * 60, 7 * 24),
        ("family", 30 * 24 * 60, 90 * 24),
    )
}
SESSION_ENGINE = "core.signin.sessions"
SESSION_COOKIE_AGE = int(max(life for _idle, life in SESSION_LIMITS.values()).total_seconds())
# Over HTTPS the browser itself holds each cookie to this host: a neighbour under the same domain can set none of them.
COOKIE_PREFIX = "__Host-" if SECURE_SITE else ""
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SITE
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = SECURE_SITE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31_536_000 if SECURE_SITE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_SITE
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = CSP
PERMISSIONS_POLICY: dict[str, list[str]] = {
    name: [] for name in ("camera", "geolocation", "microphone", "payment", "usb")
}
CSRF_FAILURE_VIEW = "portal.views.errors.csrf_failed"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024  # one batch of 500 entries is about 150 kB
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
LANGUAGE_COOKIE_NAME = f"{COOKIE_PREFIX}language"
TIME_ZONE = env.str("TIME_ZONE", default="Asia/Shanghai")
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "core.staticfiles.NodeAssetsFinder",
]
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(DATA_DIR / "files"), "base_url": None},
    },
    "staticfiles": {"BACKEND": "core.staticfiles.HashedStorage"},
}
ATTACHMENT_URL_SECONDS = env.int("ATTACHMENT_URL_SECONDS", default=300)
ATTACHMENT_MAX_BYTES = env.int("ATTACHMENT_MAX_BYTES", default=10 * 1024 * 1024)
ATTACHMENT_MAX_PIXELS = env.int("ATTACHMENT_MAX_PIXELS", default=25_000_000)

DEMO_CITY_ALLOWED = env.bool("DEMO", default=DEBUG)  # made-up people and well-known passwords

DAILY_LOG_MAX_AGE_DAYS = env.int("DAILY_LOG_MAX_AGE_DAYS", default=45)
IDEMPOTENCY_DAYS = env.int("IDEMPOTENCY_DAYS", default=7)  # how long a request sent again is known
RETENTION = "config.retention.RULES"  # how long the rest is kept; 0 days: never deleted
RETENTION_PICTURE_DAYS = env.int("RETENTION_PICTURE_DAYS", default=0)  # after the last child left
RETENTION_CHILD_DAYS = env.int("RETENTION_CHILD_DAYS", default=0)
RETENTION_DOOR_DAYS = env.int("RETENTION_DOOR_DAYS", default=0)  # passes, questions about strangers
RETENTION_MESSAGE_DAYS = env.int("RETENTION_MESSAGE_DAYS", default=90)
RETENTION_JOB_DAYS = env.int("RETENTION_JOB_DAYS", default=30)
INVITATION_HOURS = env.int("INVITATION_HOURS", default=72)  # how long a way in is open
OFFER_DAYS = env.int("OFFER_DAYS", default=7)  # how long an offered place is held
CERTIFICATE_WARNING_DAYS = env.int("CERTIFICATE_WARNING_DAYS", default=30)
LATE_PICKUP_MINUTES = env.int("LATE_PICKUP_MINUTES", default=15)  # after closing; 0: not looked for
PLAN_CUTOFF = env.str("PLAN_CUTOFF", default="08:30")  # later on the day itself is told late
PICKUP_PASS_MINUTES = env.int("PICKUP_PASS_MINUTES", default=30)  # how long a pass may be shown
# How often the records of staff are asked for again: every year by article 62 of the law on minors (未成年人保护法).
CLEARANCE_RECHECK_MONTHS = env.int("CLEARANCE_RECHECK_MONTHS", default=12)

INCIDENT_ACKNOWLEDGE_HOURS = env.int("INCIDENT_ACKNOWLEDGE_HOURS", default=24)  # then a reminder
ALERT_ANSWER_MINUTES = env.int("ALERT_ANSWER_MINUTES", default=30)  # where no AlertRule stands
# What tells people outside the platform; a file of one line each until a provider is chosen.
PUSH_CHANNELS = {"file": "institution.channels.LocalFile"}
PUSH_FILE = Path(env.str("PUSH_FILE", default="") or DATA_DIR / "pushes.jsonl")

SOCKETS_PER_USER = env.int("SOCKETS_PER_USER", default=5)  # for each live process
MACHINE_SIGNATURE_HASH = env.str("MACHINE_SIGNATURE_HASH", default="sha256")  # or sm3

REDIS_TIMEOUT_SECONDS = env.float("REDIS_TIMEOUT_SECONDS", default=0.3)

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SERIALIZER = CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3 * 3600,
    "socket_timeout": 5,
    "socket_connect_timeout": REDIS_TIMEOUT_SECONDS,
    "max_retries": 0,
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = TIME_ZONE

LIMITS = "config.limits.LIMITS"
RATES = {  # of one person, or of one address where nobody is signed in yet; core.limits
    "read": env.str("READ_RATE", default="1200/min"),
    "write": env.str("WRITE_RATE", default="240/min"),
    "care": env.str("CARE_RATE", default="1200/min"),
    "sign_in": env.str("SIGN_IN_RATE", default="60/min"),
    "export": env.str("EXPORT_RATE", default="20/hour"),
    "report": env.str("REPORT_RATE", default="60/min"),
    "upload": env.str("UPLOAD_RATE", default="2000/day"),
    "exported_rows": env.str("EXPORTED_ROWS_RATE", default="500000/day"),
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.SessionAuthentication",
        "core.auth.ProgramAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["core.api.ActorMay"],
    "DEFAULT_PAGINATION_CLASS": "core.api.CursorPagination",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["core.api.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "core.schema.Schema",
    "EXCEPTION_HANDLER": "core.api.explain",
    "PAGE_SIZE": 50,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Tuoyu Cloud API",
    "DESCRIPTION": "Care of children under three: nurseries, daily log, health, quality, training, oversight.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {  # the same choices under two names, and one name for two sets
        "AbsenceReasonEnum": "institution.enums.AbsenceReason",
        "AbsenceCloseEnum": "institution.enums.AbsenceClose",
        "RelationEnum": "institution.enums.Relation",
        "PickupRelationEnum": "institution.enums.PickupRelation",
        "LedgerKindEnum": "institution.enums.LedgerKind",
        "IncidentKindEnum": "institution.enums.IncidentKind",
        "MealTimeEnum": "institution.enums.MealTime",
        "MealEntryKindEnum": "institution.enums.MealEntryKind",
        "ServiceModeEnum": "institution.enums.ServiceMode",
        "DocumentStateEnum": "institution.enums.LicenceState",
    },
}

DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = (
    False  # core.logging says it, and believes no header that nobody set
)
LOGGING_CONFIG = "core.logging.configure"
LOGGING = {
    "json": env.bool("LOG_JSON", default=not DEBUG),
    "level": env.str("LOG_LEVEL", default="INFO"),
}

SILENCED_SYSTEM_CHECKS: list[str] = []
