"""The process that serves a GGUF file: llama.cpp with its own OpenAI-compatible server.

``python -m backend.app.services.llm.llama_server --model FILE --host 127.0.0.1 --port N``

A process of its own, because a model takes memory and processors for itself, and a fault in
native code must not end the web workers. It stops on SIGTERM and when its parent dies.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from backend.app.processes.parent_death import die_with_parent

_NO_XLLAMACPP = "A GGUF model needs llama.cpp. Install the package xllamacpp beside Like-Opt (in a clone: .venv/bin/pip install -r requirements-llm.txt)."


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop. Returns 2 where the model cannot be served at all."""
    options = _parser().parse_args(arguments)
    if not options.model.is_file():
        return _refuse(f"There is no GGUF file at {options.model}. Check LIKEOPT_LLM_GGUF.")
    try:
        import xllamacpp
    except ImportError:
        return _refuse(_NO_XLLAMACPP)
    die_with_parent(os.getppid(), signal.SIGTERM)
    params = xllamacpp.CommonParams()
    params.model.path = str(options.model)
    params.model_alias = {options.model.stem}  # else its path on this machine is the model's name
    params.hostnames = [options.host]
    params.port = options.port
    params.n_ctx = options.context * options.parallel  # the context is divided among the slots
    params.n_parallel = options.parallel
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = options.threads
    params.n_threads_http = options.parallel + 2  # one a stream, and the checks beside them
    params.ui = False
    params.warmup = True
    try:
        server = xllamacpp.Server(params)  # returns when the model is loaded and the port is open
    except (RuntimeError, ValueError) as error:
        return _refuse(f"llama.cpp cannot serve {options.model.name}: {error}")
    print(f"serving {options.model.name} at {server.listening_address}/v1", flush=True)  # noqa: T201  # the process's log
    _wait_for_stop()
    del server  # its destructor ends the streams and joins llama.cpp's threads
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="llama_server", description="Serve a GGUF file by llama.cpp.")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--context", type=int, default=4096, help="tokens of one conversation")
    parser.add_argument("--parallel", type=int, default=2, help="answers made at the same time; others wait")
    parser.add_argument("--threads", type=int, default=_processors(), help="threads for the model")
    return parser


def _processors() -> int:
    """Return half of the processors, one at least: the web workers need the others."""
    return max(1, len(os.sched_getaffinity(0)) // 2) if hasattr(os, "sched_getaffinity") else 2


def _wait_for_stop() -> None:
    """Wait for SIGTERM or SIGINT.

    They are caught only now: while a large model loads, in native code, Python would hear them
    too late, and their default is to end the process at once.
    """
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    stopped.wait()


def _refuse(message: str) -> int:
    print(message, file=sys.stderr, flush=True)  # noqa: T201  # the process's log
    return 2


if __name__ == "__main__":
    sys.exit(main())
