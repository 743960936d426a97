"""Runs as a file, in the child, between fork and the program: `child.py TERMS COMMAND …`.

A `preexec_fn` would do the same inside the fork of a process that may have threads, which Python
advises against. The process id stays: this replaces itself by the program.
"""

import ctypes
import json
import os
import signal
import sys

PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 8, 47, 2
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x20080522

libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def become(uid: int, gid: int, *, pass_closed_folders: bool) -> None:
    if libc and pass_closed_folders:
        libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([gid])
    os.setgid(gid)
    os.setuid(uid)
    if libc and pass_closed_folders:
        mask = 1 << CAP_DAC_OVERRIDE
        header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
        data = (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)
        if libc.capset(header, data) or libc.prctl(
            PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0
        ):
            raise OSError(ctypes.get_errno(), "CAP_DAC_OVERRIDE cannot be kept")


def main(terms: str, *command: str) -> None:
    wanted = json.loads(terms)
    try:
        if account := wanted["account"]:
            become(
                account["uid"], account["gid"], pass_closed_folders=account["pass_closed_folders"]
            )
    except OSError as error:
        sys.exit(
            f"{command[0]} cannot be run by another user than root here ({error}). "
            "Start as an ordinary user."
        )
    if libc:  # after setuid, which would clear it
        libc.prctl(PR_SET_PDEATHSIG, wanted["when_orphaned"], 0, 0, 0)
        if os.getppid() != wanted["parent"]:
            sys.exit(1)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    for ignored_by_python in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(ignored_by_python, signal.SIG_DFL)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        sys.exit(f"{command[0]} cannot be run: {error.strerror}.")


if __name__ == "__main__":
    main(*sys.argv[1:])
