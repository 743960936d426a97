"""Tests run on the real settings with a cheap password hasher and unhashed static files."""

from config.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405
SECURE_SITE = SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = False
COOKIE_PREFIX = ""  # browsers take __Host- cookies over HTTPS only; tests/hardening/test_cookies.py reads the real ones
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME, LANGUAGE_COOKIE_NAME = "sessionid", "csrftoken", "language"
KEY_CACHE_SECONDS = 3600  # no statement more because a test took long
SECOND_FACTOR = "offered"  # tests/signin and the permission matrix require it
WHITENOISE_AUTOREFRESH = True  # files are found where they are; nothing was collected

# Tests ask much faster than people; those of the limits set their own.
RATES = dict.fromkeys(RATES, "1000000/min")  # noqa: F405
RETENTION_PICTURE_DAYS, RETENTION_CHILD_DAYS = (
    365,
    1096,
)  # as an operator would decide; by default they stay
