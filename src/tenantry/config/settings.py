"""Django's settings. Values come from ``tenantry.config.environment``; importing this needs no database."""

from pathlib import Path

from csp.constants import NONE, SELF

from tenantry import __version__
from tenantry.config import environment
from tenantry.config.mail import mail_setup
from tenantry.config.sign_in import sign_in_providers

PACKAGE = Path(__file__).resolve().parent.parent

HOME = Path(environment.text("TENANTRY_HOME")) if environment.text("TENANTRY_HOME") else None
KEYS_FOLDER = Path(environment.text("TENANTRY_KEYS") or (HOME or Path("/nonexistent")) / "keys")
DEMO = environment.flag("TENANTRY_DEMO")
DEBUG = False
VERSION = __version__

SECRET_KEY = environment.secret_key(KEYS_FOLDER)
ALLOWED_HOSTS = environment.words("TENANTRY_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = environment.words("TENANTRY_ORIGINS", "")
BEHIND_TLS = environment.flag("TENANTRY_BEHIND_TLS")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_TLS else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if BEHIND_TLS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

DATABASES = {"default": environment.database(environment.text("DATABASE_URL", "postgresql:///tenantry"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "django_htmx",
    "django_tables2",
    "django_filters",
    "bootstrap",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "procrastinate.contrib.django",
    "tenantry.isolation",
    "tenantry.audit",
    "tenantry.accounts",
    "tenantry.connections",
    "tenantry.marketplace",
    "tenantry.sync",
    "tenantry.webhooks",
    "tenantry.api",
    "tenantry.web",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "tenantry.web.middleware.RequestIdMiddleware",
    "tenantry.api.middleware.ApiMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "tenantry.web.middleware.MarketplaceMiddleware",
]

ROOT_URLCONF = "tenantry.config.urls"
WSGI_APPLICATION = "tenantry.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "web" / "templates", PACKAGE / "mail" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tenantry.web.context.furniture",
            ],
            "libraries": {
                "badges": "tenantry.web.badges",
                "heroicons": "tenantry.web.icons",
                "moments": "tenantry.web.moments",
            },
        },
    },
]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}

AUTH_USER_MODEL = "accounts.Account"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "tenantry.accounts.adapter.ClosedSignup"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False  # this session stays; Django ends the others, whose hash no longer fits
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 120
ACCOUNT_FORMS = {"reset_password": "tenantry.accounts.password_reset.ResetForm"}
PASSWORD_RESET_TIMEOUT = 6 * 3600
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if BEHIND_TLS else 0
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "web:home"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"

MFA_ADAPTER = "tenantry.accounts.second_factor.SealedSecrets"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses are verified by the invitation, not by allauth's own table
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "Tenantry"
MFA_TOTP_TOLERANCE = 1

# Identities are bound by accounts.models.Identity; allauth's own tables of them stay empty.
SOCIALACCOUNT_ADAPTER = "tenantry.accounts.single_sign_on.BoundIdentities"
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True}}
SIGN_ON_PROVIDERS = sign_in_providers()
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_AUTO_SIGNUP = False

# The throttle of sign-ins and the codes that were used are the same for every process: they live in the database.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "accounts_throttle",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

# Messages to this machine: for the demo and for tests, where nobody else reaches what listens here.
WEBHOOKS_TO_LOOPBACK = environment.flag("TENANTRY_WEBHOOKS_TO_LOOPBACK", default=DEMO)

MAIL = mail_setup()
MAILBOX = Path(environment.text("TENANTRY_MAILBOX")) if environment.text("TENANTRY_MAILBOX") else None

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
USE_THOUSAND_SEPARATOR = True

STATIC_URL = "/static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Files are served from the packages that carry them: nothing to collect, nothing to go stale.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "tasks"
# How long history is kept: what the sync did, and events. Undo works for 30 days, so nothing younger goes.
METRICS_TOKEN = environment.text("TENANTRY_METRICS_TOKEN").strip()
HISTORY_DAYS = environment.number("TENANTRY_HISTORY_DAYS", 180, least=31)
AUDIT_DAYS = environment.number("TENANTRY_AUDIT_DAYS", 0)
# How often one token may call the API within a minute.
API_CALLS_PER_MINUTE = environment.number("TENANTRY_API_CALLS", 600, least=1)
STALLED_AFTER_SECONDS = environment.number("TENANTRY_STALLED_AFTER", 20, least=2)

DJANGO_TABLES2_TEMPLATE = "tenantry/table.html"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
LOGGING_CONFIG = "tenantry.logs.configure"
LOGGING = {
    "level": environment.text("TENANTRY_LOG_LEVEL", "INFO").upper(),
    "json": environment.flag("TENANTRY_LOG_JSON"),
}
