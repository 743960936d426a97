from config.settings import *  # noqa: F403, TID251

ROOT_URLCONF = "bench.daily_log.urls"
ALLOWED_HOSTS = ["127.0.0.1"]
