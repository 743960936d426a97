"""What deploy/nginx.conf offers to the outside."""

import re
from pathlib import Path

import pytest

NGINX = (Path(__file__).resolve().parents[2] / "deploy/nginx.conf").read_text()


def block(head: str, after: str = "") -> str:
    """The text of the block that begins with `head` and holds `after`, with what stands inside it."""
    start = (
        NGINX.rindex(f"{head} {{", 0, NGINX.index(after)) if after else NGINX.index(f"{head} {{")
    )
    depth = 0
    for at in range(start, len(NGINX)):
        depth += {"{": 1, "}": -1}.get(NGINX[at], 0)
        if depth == 0 and NGINX[at] == "}":
            return NGINX[start : at + 1]
    raise AssertionError(f"{head} does not end")


def test_only_current_protocols_and_ciphers_with_forward_secrecy():
    assert re.findall(r"ssl_protocols (.+);", NGINX) == ["TLSv1.2 TLSv1.3"]
    ciphers = re.findall(r"ssl_ciphers (.+);", NGINX)
    assert len(ciphers) == 1
    assert all(each.startswith("ECDHE+") for each in ciphers[0].split(":"))
    assert "ssl_session_tickets off;" in NGINX


def test_a_program_without_tls_is_refused_and_a_browser_is_sent_on():
    assert "return 403;" in block("location ~ ^/(api|ws)/")
    assert NGINX.index("location ~ ^/(api|ws)/") < NGINX.index("return 301 https://")


@pytest.mark.parametrize(
    "header",
    [
        "X-Content-Type-Options nosniff",
        'Strict-Transport-Security "max-age=31536000; includeSubDomains; preload"',
        "Content-Security-Policy \"default-src 'none'; frame-ancestors 'none'\"",
        "Cross-Origin-Resource-Policy same-origin",
    ],
)
def test_files_that_nginx_serves_itself_carry_the_headers(header):
    assert f"add_header {header} always;" in block("location /static/")


def test_answers_that_nginx_makes_itself_carry_them_and_no_answer_carries_them_twice():
    server = block("server", after="listen 443")
    outside_locations = server.split("location ")[0]

    for name in ("Strict-Transport-Security", "X-Content-Type-Options"):
        assert f"add_header {name} " in outside_locations
        assert f"proxy_hide_header {name};" in outside_locations


def test_the_visitors_address_is_that_of_the_peer_whatever_the_visitor_says():
    assert re.findall(r"X-Forwarded-For (.+);", NGINX) == ["$remote_addr"]
    assert re.findall(r"X-Forwarded-Proto (.+);", NGINX) == ["$scheme"]


def test_no_folder_is_listed_and_no_version_is_told():
    assert "autoindex" not in NGINX
    assert "server_tokens off;" in NGINX
