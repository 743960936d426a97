import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.servers.processes import Account, account_for, end, hand_over, spawn

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's part is Linux only")
CHECKOUT = Path(__file__).resolve().parents[3]


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone_within(seconds, pid):
    until = time.monotonic() + seconds
    while alive(pid) and time.monotonic() < until:
        time.sleep(0.02)
    return not alive(pid)


def read_number(path, seconds=10):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if path.is_file() and path.read_text().strip():
            return int(path.read_text())
        time.sleep(0.02)
    raise AssertionError(f"{path} was never written")


PARENT = """
import os, sys, time
from core.servers.processes import spawn
child = spawn(["sleep", "300"], env=dict(os.environ))
open(sys.argv[1], "w").write(str(child.pid))
time.sleep(300)
"""


def test_children_die_with_a_killed_parent(tmp_path):
    command = [sys.executable, "-c", PARENT, str(tmp_path / "pid")]
    supervisor = subprocess.Popen(command, cwd=CHECKOUT)
    child = read_number(tmp_path / "pid")
    assert alive(child)

    supervisor.kill()
    supervisor.wait(5)

    assert gone_within(2, child)


def test_end_takes_the_whole_group_even_when_asking_is_ignored(tmp_path):
    script = f"trap '' TERM; sleep 300 & echo $! > {tmp_path}/pid; wait; wait"
    process = spawn(["sh", "-c", script], env=dict(os.environ))
    grandchild = read_number(tmp_path / "pid")
    started = time.monotonic()

    end(process, signal.SIGTERM, before=started + 0.3)

    assert 0.25 < time.monotonic() - started < 2
    assert process.returncode == -signal.SIGKILL
    assert gone_within(1, grandchild)


def test_ctrl_c_does_not_reach_the_child():
    process = spawn(["sleep", "300"], env=dict(os.environ))

    assert os.getsid(process.pid) == process.pid

    end(process, signal.SIGTERM, before=time.monotonic() + 1)


def test_missing_program_says_so(tmp_path):
    with (tmp_path / "log").open("wb") as output:
        process = spawn([tmp_path / "nothing"], env=dict(os.environ), output=output)

    assert process.wait(10) == 1
    assert "cannot be run: No such file" in (tmp_path / "log").read_text()


@pytest.mark.skipif(os.geteuid() == 0, reason="needs an ordinary user")
def test_ordinary_user_runs_servers_as_themselves(tmp_path):
    assert account_for(tmp_path) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_root_hands_over_the_folder_and_nothing_above(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    account = account_for(folder)

    hand_over(folder, account)

    assert account.name in {"postgres", "nobody"}
    assert folder.stat().st_uid == account.uid
    assert tmp_path.stat().st_uid == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_server_of_root_reaches_a_closed_folder_without_opening_it(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    (closed / "note").write_text("lunch")
    account = account_for(closed / "note")

    with (tmp_path / "said").open("wb") as output:
        command = ["sh", "-c", f"id -u; cat {closed}/note"]
        process = spawn(command, env=dict(os.environ), output=output, account=account)
    process.wait(10)

    assert account.pass_closed_folders
    assert (tmp_path / "said").read_text().split() == [str(account.uid), "lunch"]
    assert closed.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_server_of_root_gets_no_more_than_it_needs(tmp_path):
    tmp_path.chmod(0o755)
    (tmp_path / "note").write_text("lunch")
    (tmp_path / "note").chmod(0o600)
    account = Account(name="nobody", uid=65534, gid=65534)

    process = spawn(["cat", tmp_path / "note"], env=dict(os.environ), account=account)

    assert process.wait(10) == 1
