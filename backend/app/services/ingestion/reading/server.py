"""A process that stands ready with all readers loaded, and forks one of its own kind for each file.

Starting an interpreter and loading the readers takes 90 ms of processor time, forking 1 ms. This process
never sees a file, nor what is in one; each child puts the same limits on itself as one that was started
alone. What it saves costs this much: children of one server have the same layout of memory.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import sys
import traceback
from typing import Any, NoReturn

from . import child, dispatch

_PRELOADED = dispatch.read  # what the children are to find loaded
_MOST_DESCRIPTORS = 1024
KILL = b"kill"


def main() -> None:
    """Read requests, a line of JSON each, until standard input ends; answer each with its child's exit code."""
    gc.collect()
    gc.freeze()  # or collecting in a child would copy every page
    unread = b""
    while True:
        while b"\n" not in unread:
            received = os.read(0, 65536)
            if not received:
                return
            unread += received
        line, _, unread = unread.partition(b"\n")
        if line != KILL:  # one that came too late: its child had ended
            os.write(1, b"%d\n" % _serve(json.loads(line), is_unwanted=bool(unread)))


def _serve(request: dict[str, Any], *, is_unwanted: bool) -> int:
    """Have a child read one file. Whatever comes meanwhile, the end of standard input too, kills it."""
    pid = os.fork()
    if pid == 0:
        _be_child(request)
    descriptor = os.pidfd_open(pid)
    try:
        ready, _, _ = select.select([0, descriptor], [], [], 0 if is_unwanted else None)
        if descriptor not in ready:
            with contextlib.suppress(ProcessLookupError):  # it may not lead its group yet
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)  # whatever it started; not reaped, its number is still its own
    finally:
        os.close(descriptor)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _be_child(request: dict[str, Any]) -> NoReturn:
    try:
        folder = request["folder"]
        os.setsid()
        null = os.open(os.devnull, os.O_RDWR)
        errors = os.open(os.path.join(folder, "errors"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)  # noqa: PTH118
        for source, target in ((null, 0), (null, 1), (errors, 2)):
            os.dup2(source, target)
        os.closerange(3, _MOST_DESCRIPTORS)
        os.chdir(folder)
        os.environ.update(HOME=folder, TMPDIR=folder)
        child.main(json.dumps({**request["arguments"], "parent": os.getppid()}))
    except BaseException:
        # The edge of a process: what follows is the server's own code.
        traceback.print_exc()
        sys.stderr.flush()
    os._exit(1)
