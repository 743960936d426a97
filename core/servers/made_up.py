import os

# Settings of a run whose data is thrown away.
MADE_UP = {
    "SECRET_KEY": "only-for-tests-" + "x" * 40,
    "FIELD_KEYS": "dGVzdC1maWVsZC1rZXktMzItYnl0ZXMtbG9uZy1va2E=",
    "BLIND_INDEX_KEY": "dGVzdC1ibGluZC1pbmRleC1rZXktMzItYnl0ZXMtISE=",
    "AUDIT_ANCHOR_KEY": "only-for-tests-" + "y" * 40,
    "BACKUP_KEYS": "dGVzdC1iYWNrdXAta2V5LTMyLWJ5dGVzLWxvbmctby4=",
    "BACKUP_SIGNING_KEY": "dGVzdC1zaWduLWtleS0zMi1ieXRlcy1sb25nLW9rYXk=",
    "ENV_FILE": os.devnull,
    "SECURE_SITE": "false",
    "CONN_MAX_AGE": "0",
    "LOG_JSON": "false",
    "LOG_LEVEL": "WARNING",
}
