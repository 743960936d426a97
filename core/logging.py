"""Logs say what happened to which ids. Names, phones, document numbers and query strings do not reach them."""

import logging.config
import re
from typing import Any

import structlog
import structlog.typing
from django.dispatch import receiver
from django_structlog.signals import bind_extra_request_metadata

from core.addresses import address_of

PERSONAL_KEYS = frozenset(
    {
        *(
            "address",
            "authorization",
            "birth_certificate",
            "body",
            "child_name",
            "cookie",
            "cookies",
        ),
        *(
            "credentials",
            "csrftoken",
            "email",
            "first_name",
            "full_name",
            "guardian_name",
            "id_card",
        ),
        *("id_number", "last_name", "mobile", "name", "new_password", "nickname", "old_password"),
        *("password", "phone", "phone_number", "post_data", "query_string", "real_name"),
        *("resident_id", "secret", "sessionid", "sign_in_name", "tel", "token", "user_name"),
        *("username", "wechat"),
    }
)
HIDDEN = "[hidden]"
PATTERNS = (
    # Postgres quotes the row that broke a rule, in a line of its own: "DETAIL:  ..." in whatever language it speaks.
    (re.compile(r"^(\S+):  .*$", re.MULTILINE), r"\1: [hidden]"),
    (re.compile(r"Failing row contains .*"), "Failing row contains [hidden]"),
    (re.compile(r"(?<![0-9A-Za-z])[1-9][0-9]{5}(?:18|19|20)[0-9]{9}[0-9Xx](?![0-9A-Za-z])"), "[id]"),
    (re.compile(r"(?<![0-9A-Za-z])(?:(?:\+|00)?86[ -]?)?1[3-9][0-9](?:[ -]?[0-9]{4}){2}(?![0-9A-Za-z])"), "[phone]"),
    (re.compile(r"(?<![0-9A-Za-z])[A-Z][0-9]{9}(?![0-9A-Za-z])"), "[birth certificate]"),
    (re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "[email]"),
    (re.compile(r"(/files/)[^\s/]+"), r"\1[token]"),
    (re.compile(r"((?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) [^\s?]*)\?\S*"), r"\1?[query]"),
)  # fmt: skip
# Most texts hold nothing of the kind, and this tells at once.
SUSPECT = re.compile(r"[0-9]{9}|[0-9][ -][0-9]{4}|@|:  |\?|/files/|Failing row")


def hide_personal_data(_logger, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    return {key: _hidden(key, value) for key, value in event.items()}


def _hidden(key: object, value: Any) -> Any:
    if isinstance(key, str) and key.lower() in PERSONAL_KEYS:
        return HIDDEN
    match value:
        case bool() | float() | None:
            return value
        case int():
            return HIDDEN if hide_text(str(value)) != str(value) else value
        case str():
            return hide_text(value)
        case dict():
            return {member: _hidden(member, inner) for member, inner in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_hidden(None, inner) for inner in value]
    return hide_text(str(value))


def hide_text(text: str) -> str:
    if not SUSPECT.search(text):
        return text
    for pattern, instead in PATTERNS:
        text = pattern.sub(instead, text)
    return text


@receiver(bind_extra_request_metadata)
def bind_request(request, **_kwargs) -> None:
    structlog.contextvars.bind_contextvars(ip=address_of(request))
    bind(getattr(request, "actor", None))


def bind(actor) -> None:
    if actor is not None:
        structlog.contextvars.bind_contextvars(
            user_id=actor.user_id, role=str(actor.role), institution_id=actor.institution_id
        )


SHARED: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]


def configure(config: dict) -> None:
    """settings.LOGGING_CONFIG: {"json": lines for a collector or colours for a terminal, "level": "INFO"}."""
    renderer = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if config["json"]
        else structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "plain": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": SHARED,
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        structlog.processors.format_exc_info,
                        hide_personal_data,
                        renderer,
                    ],
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
            "root": {"handlers": ["stderr"], "level": config["level"]},
            "loggers": {
                # Django's own handlers would print a second, unmasked line.
                name: {"handlers": [], "propagate": True}
                for name in ("django", "django.server", "celery", "axes")
            },
        }
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
