"""The limits of nginx: care is never held up at three times the peak of a nursery, and logs quote no query."""

import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path

import pytest
from django.urls import reverse

from config.limits import LIMITS
from core.limits import CARE, SIGN_IN

CONF = (Path(__file__).resolve().parents[2] / "deploy/nginx.conf").read_text()
TABLETS, REQUESTS_A_MINUTE = 20, 20  # of a large nursery at lunch, behind one address
PEAK = TABLETS * REQUESTS_A_MINUTE / 60
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
OBJECTS = {"health:check-record": [1], "health:measurement-record": [1]}


def rates() -> dict[str, float]:
    """Requests a second by zone."""
    found = re.findall(r"limit_req_zone \$(\w+) zone=(\w+):\w+ rate=(\d+)r/s;", CONF)
    assert all(key == f"limited_{zone}" for key, zone, _rate in found)
    return {zone: float(rate) for _key, zone, rate in found}


def bursts(location: str) -> dict[str, int]:
    pages = CONF[CONF.index("listen 443") :]
    block = re.search(rf"location {re.escape(location)} \{{(.*?)\}}", pages, re.DOTALL)
    assert block
    limited = re.findall(r"limit_req zone=(\w+) burst=(\d+) nodelay;", block[1])
    return {zone: int(burst) for zone, burst in limited}


def zone_of(method: str, path: str) -> str:
    """What the map of the file says, the first expression that fits, as nginx reads it."""
    block = re.search(r'map "\$request_method \$uri" \$asks_for \{(.*?)\n    \}', CONF, re.DOTALL)
    assert block
    for expression, zone in re.findall(r'"~(\S+ [^"]+)" (\w+);', block[1]):
        if re.search(expression, f"{method} {path}"):
            return zone
    return "usual"


def limited(limit) -> list[tuple[str, str]]:
    return [key for key, each in LIMITS.items() if each is limit]


def test_care_is_let_through_at_three_times_the_peak():
    assert rates()["care"] >= 3 * PEAK
    assert (
        bursts("/")["care"] >= 3 * TABLETS * REQUESTS_A_MINUTE / 4
    )  # a quarter of a minute at once


@pytest.mark.parametrize(("name", "method"), limited(CARE))
def test_what_the_application_counts_as_care_is_care_here_too(name, method):
    assert zone_of(method, reverse(name, args=OBJECTS.get(name, []))) == "care"


@pytest.mark.parametrize(("name", "method"), limited(SIGN_IN))
def test_signing_in_has_the_strictest_limit(name, method):
    assert zone_of(method, reverse(name)) == "sign_in"
    assert rates()["sign_in"] < rates()["usual"]


def test_everything_else_is_limited_too():
    for path in ("/", "/institutions/", "/api/v1/children/", "/health/"):
        assert zone_of("GET", path) == "usual"
    assert bursts("/").keys() == rates().keys() == {"care", "sign_in", "usual"}
    assert bursts("/ws/").keys() == {"usual"}
    assert "limit_req_status 429;" in CONF


def test_no_log_quotes_a_request():
    assert re.findall(r"^error_log \S+ (\w+);", CONF, re.MULTILINE) == ["crit"]
    log_format = re.search(r"log_format plain (.*?);", CONF, re.DOTALL)
    assert log_format
    assert not {"$request ", "$request_uri", "$args", "$http_referer"} & set(log_format[1].split())
    assert "limit_req_log_level info;" in CONF


# ---- with the real program, where it is installed ----


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def nginx(tmp_path):
    """nginx with this file on ports of its own, and nobody behind it: what is let through is answered by 502."""
    ports = {"443 ssl default_server": free_port(), "80 default_server": free_port()}
    text = CONF.replace("/tmp/nginx.pid", f"{tmp_path}/pid").replace("user nginx;", "")
    for listen, port in ports.items():
        text = text.replace(f"listen {listen};", f"listen 127.0.0.1:{port};")
    text = re.sub(r"\n +(ssl_\w+|http2) [^;]+;", "", text)
    text = re.sub(r"include /etc/nginx/mime.types;", "", text)
    text = re.sub(r"server (web|live):\d+;", "server 127.0.0.1:1;", text)
    text = text.replace("/dev/stdout", f"{tmp_path}/access").replace(
        "/dev/stderr", f"{tmp_path}/error"
    )
    places = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"    {name}_temp_path {tmp_path}/{name};\n" for name in places)
    (tmp_path / "conf").write_text(text.replace("http {\n", f"http {{\n{temporary}", 1))
    command = [NGINX, "-c", tmp_path / "conf", "-g", "daemon off;", "-e", tmp_path / "start"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{ports['443 ssl default_server']}"
    until = time.monotonic() + 10
    while (status := ask(url)) == 0 and time.monotonic() < until:
        time.sleep(0.05)
    assert status == 502, (tmp_path / "start").read_text()
    yield url, tmp_path
    process.terminate()
    process.wait(10)


def ask(url: str, method: str = "GET") -> int:
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, method=method), timeout=5
        ) as answer:
            return answer.status
    except urllib.error.HTTPError as refused:
        text = refused.read().decode()
        return refused.code if refused.code != 429 or "请求过于频繁" in text else 0
    except OSError:
        return 0


@pytest.mark.skipif(not NGINX, reason="nginx is not installed")
def test_a_flood_is_refused_and_care_behind_the_same_address_is_not(nginx):
    url, folder = nginx

    flood = Counter(ask(f"{url}/sign-in/?q=13805371234", "POST") for _ in range(60))
    care = Counter(ask(f"{url}/api/v1/daily-log/", "POST") for _ in range(round(3 * PEAK * 15)))

    assert flood[429] > 0
    assert set(care) == {502}
    logs = "".join(path.read_text() for path in (folder / "access", folder / "error"))
    assert "POST /sign-in/ 429" in logs
    assert "13805371234" not in logs
