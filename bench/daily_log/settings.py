from config.settings import *  # noqa: F403, TID251
from config.settings import RATES  # noqa: TID251

ROOT_URLCONF = "bench.daily_log.urls"
ALLOWED_HOSTS = ["127.0.0.1"]
RATES = RATES | {"write": "1000000/min", "care": "1000000/min"}  # counted as ever, never reached
