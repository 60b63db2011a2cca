"""Tie a process to the life of its parent."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int, signal_number: int = signal.SIGKILL) -> None:
    """Have the kernel signal this process as soon as ``parent`` is gone, however it went.

    Linux watches the *thread* that forked, so a parent must fork from its main thread.
    Elsewhere this does nothing: there an orphan has to notice by itself.
    """
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(signal_number), 0, 0, 0)
    if os.getppid() != parent:  # it died before the kernel was asked to watch
        os.kill(os.getpid(), signal.SIGKILL)
