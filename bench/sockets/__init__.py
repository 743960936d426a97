"""Hints to 1,000 sockets, 20 in a room: our live process beside a Node server and a bare Python one.

Interleaved runs, medians. The server has one core to itself; Redis, PostgreSQL and the browsers share the other.
"""

import gc
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from bench import stack
from bench.report import Report
from bench.sockets.client import Address, Browsers, Publisher

HERE = Path(__file__).parent
SOCKETS, PER_ROOM = 1000, 20
RUNS = int(os.environ.get("BENCH_RUNS", "5"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "4"))
ONE_PER_ROOM = SOCKETS // PER_ROOM  # hints on their way at any moment: no two for one socket
BURST = (
    4 * ONE_PER_ROOM
)  # a queue, where a server may put several hints for one socket into one write
STEADY_DELIVERIES = 2000

# Keep-alive pings are off for all three: the browsers count bytes.
LIVE = (
    "uvicorn config.asgi:application --host 127.0.0.1 --loop uvloop --ws websockets-sansio --lifespan off"
    " --ws-max-size 16384 --ws-ping-interval 3600 --ws-per-message-deflate false"
    " --no-access-log --log-level warning"
)


@dataclass
class Server:
    name: str
    command: list[str]
    port_option: bool = False
    spread: list[float] = field(default_factory=list)
    burst: list[float] = field(default_factory=list)
    spread_per_cpu: list[float] = field(default_factory=list)
    burst_per_cpu: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    kilobytes: list[float] = field(default_factory=list)


def run(report: Report) -> None:
    report.title(
        f"Sockets: {SOCKETS:,} connected, {PER_ROOM} in a room, one core, median of {RUNS} interleaved runs"
    )
    if shutil.which("npm") is None:
        report.line("npm is not installed: the Node yardstick cannot run")
        report.missed.append("sockets: no Node")
        return
    subprocess.run(["npm", "ci", "--ignore-scripts", "--silent"], cwd=HERE / "node", check=True)
    ours = Server(
        "uvicorn, Channels consumer, hub", [sys.executable, "-m", *LIVE.split()], port_option=True
    )
    node = Server("Node ws + ioredis", ["node", "server.js"])
    bare = Server(
        "bare websockets + redis-py, uvloop", [sys.executable, str(HERE / "bare_websockets.py")]
    )
    with stack.running() as (postgres, redis), _cores() as (first, second):
        from bench.sockets import people  # noqa: PLC0415 -- needs Django set up

        for process in (postgres.process, redis.process):
            _pin(process.pid, second)
        _pin(os.getpid(), second)
        addresses = people.guardians(sockets=SOCKETS, per_room=PER_ROOM)
        for number in range(RUNS):
            for server in (ours, node, bare)[number % 3 :] + (ours, node, bare)[: number % 3]:
                _measure(server, addresses, redis.url, first)
    _tell(report, ours, node, bare)


def _tell(report: Report, ours: Server, node: Server, bare: Server) -> None:
    median = statistics.median
    rows = [
        (
            server.name,
            *_rates(server.spread, node.spread),
            *_rates(server.burst, node.burst),
            f"{median(server.p50):.2f}",
            f"{median(server.p99):.2f}",
            f"{median(server.kilobytes):.1f}",
        )
        for server in (ours, node, bare)
    ]
    head = (
        "server",
        "one a room/s",
        "range",
        "x Node",
        "bursts/s",
        "range",
        "x Node",
        "p50 ms",
        "p99 ms",
        "KB/socket",
    )
    report.table(head, rows)
    report.line(
        f"Load of the machine: {os.getloadavg()[0]:.1f}. Where others work on it too, trust the table per processor time."
    )
    report.line(
        f"Deliveries a second at saturation; milliseconds at a steady {STEADY_DELIVERIES:,} deliveries a second."
    )
    report.table(
        (
            "for a second of processor time",
            "one a room",
            "range",
            "x Node",
            "bursts",
            "range",
            "x Node",
        ),
        [
            (
                server.name,
                *_rates(server.spread_per_cpu, node.spread_per_cpu),
                *_rates(server.burst_per_cpu, node.burst_per_cpu),
            )
            for server in (ours, node, bare)
        ],
    )
    for name, kind in (("one a room", "spread"), ("bursts", "burst")):
        rate = median(getattr(ours, kind))
        report.goal(f"{name}, ratio to Node", rate / median(getattr(node, kind)), at_least=0.9)
        report.goal(
            f"{name}, ratio to bare websockets", rate / median(getattr(bare, kind)), at_least=1.0
        )
    report.goal("KB per socket", median(ours.kilobytes), at_most=25)


def _rates(found: list[float], base: list[float]) -> tuple[str, str, str]:
    middle = statistics.median(found)
    return (
        f"{middle:,.0f}",
        f"{min(found) / 1000:.0f}-{max(found) / 1000:.0f}k",
        f"{middle / statistics.median(base):.2f}",
    )


def _measure(server: Server, addresses: list[Address], redis_url: str, core: set[int]) -> None:
    with _served(server, core) as (port, process):
        Browsers(port, addresses[:40]).close()
        time.sleep(0.5)
        before = process.memory_info().rss
        browsers = Browsers(port, addresses)
        publisher = Publisher(redis_url)
        try:
            time.sleep(1)
            server.kilobytes.append((process.memory_info().rss - before) / len(addresses) / 1024)
            gc.collect()
            gc.disable()
            found = sorted(
                browsers.latencies(publisher, seconds=SECONDS, deliveries=STEADY_DELIVERIES)
            )
            server.p50.append(found[len(found) // 2])
            server.p99.append(found[len(found) * 99 // 100])
            for in_flight, rates, per_cpu in (
                (ONE_PER_ROOM, server.spread, server.spread_per_cpu),
                (BURST, server.burst, server.burst_per_cpu),
            ):
                rate, economy = browsers.saturate(
                    publisher,
                    seconds=SECONDS,
                    in_flight=in_flight,
                    cpu=lambda: sum(process.cpu_times()[:2]),
                )
                rates.append(rate)
                per_cpu.append(economy)
        finally:
            gc.enable()
            publisher.close()
            browsers.close()


@contextmanager
def _served(server: Server, core: set[int]) -> Iterator[tuple[int, psutil.Process]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = server.command + (["--port", str(port)] if server.port_option else [])
    folder = HERE / "node" if command[0] == "node" else HERE.parent.parent
    process = subprocess.Popen(
        command, cwd=folder, env=os.environ | {"PORT": str(port), "PYTHONWARNINGS": "ignore"}
    )
    _pin(process.pid, core)
    try:
        _wait_for(port, process)
        yield port, psutil.Process(process.pid)
    finally:
        process.kill()
        process.wait()


def _wait_for(port: int, process: subprocess.Popen) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the server did not start")


@contextmanager
def _cores() -> Iterator[tuple[set[int], set[int]]]:
    usual = os.sched_getaffinity(0)
    if len(usual) < 2:
        raise RuntimeError("two cores are needed: one for the server, one for the browsers")
    first, *others = sorted(usual)
    try:
        yield {first}, set(others)
    finally:
        os.sched_setaffinity(0, usual)


def _pin(pid: int, cores: set[int]) -> None:
    """With every thread it has by now; later ones inherit."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), cores)
