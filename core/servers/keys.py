"""`python3 -m core.servers.keys` prints fresh secrets for a production .env."""

import base64
import secrets


def make() -> dict[str, str]:
    return {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "FIELD_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "BLIND_INDEX_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "AUDIT_ANCHOR_KEY": secrets.token_urlsafe(48),
        "BACKUP_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "BACKUP_SIGNING_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    }


def lines(values: dict[str, str]) -> str:
    return "".join(f"{key}={value}\n" for key, value in values.items())


if __name__ == "__main__":
    passwords = {
        name: secrets.token_hex(24)
        for name in (
            "POSTGRES_PASSWORD",
            "POSTGRES_BACKUP_PASSWORD",
            "POSTGRES_APP_PASSWORD",
            "REDIS_PASSWORD",
        )
    }
    print(lines(make() | passwords), end="")
