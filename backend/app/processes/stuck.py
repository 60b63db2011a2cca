"""A store of ours that runs and does not do its work any more is ended, so that its supervisor starts it anew."""

from __future__ import annotations

import contextlib
import os
import signal

from backend.app.config import Settings
from backend.app.processes.data_lock import running


def end_chroma(settings: Settings) -> bool:
    """End the Chroma that `likeopt serve` runs on this folder; return False where these settings name another.

    By SIGKILL: it is stuck, and after its first refusal nothing was written to it.
    """
    services = running(settings)
    pid = services.pids.get("chroma") if services and services.chroma_url == settings.chroma_url else None
    if pid is None:
        return False
    with contextlib.suppress(ProcessLookupError):  # it has just ended by itself
        os.kill(pid, signal.SIGKILL)
    return True
