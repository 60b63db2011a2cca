"""Limits that the extraction child puts on itself before it opens anything. Linux only.

A parser fed by strangers gets memory, time and one folder to write in; no network, no other
program, no privileges. Each part is one system call through ctypes: no package to install.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import signal
import struct
import sys

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_SECCOMP = 22
_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_MODE_FILTER = 2
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_EPERM = 1
# From linux/landlock.h; these numbers are the same on every architecture.
_LANDLOCK_CREATE_RULESET, _LANDLOCK_ADD_RULE, _LANDLOCK_RESTRICT_SELF = 444, 445, 446
_LANDLOCK_PATH_BENEATH = 1
# Writing to files (1), removing (4, 5) and making (6 to 12) directories, files, links and devices.
_WRITE_RIGHTS = 1 << 1 | sum(1 << right for right in range(4, 13))
_AF_UNIX = 1

# Classic BPF, from linux/filter.h and linux/seccomp.h
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_REFUSE = 0x00050000 | _EPERM
_NUMBER_AT, _ARCH_AT, _FIRST_ARGUMENT_AT = 0, 4, 16
_X32_NUMBERS_FROM = 0x40000000

# (audit architecture, socket, refused always: execve, execveat, ptrace, process_vm_writev, and
# io_uring_setup, whose ring would open sockets past the filter)
_SYSTEM_CALLS = {
    "x86_64": (0xC000003E, 41, (59, 322, 101, 311, 425)),
    "aarch64": (0xC00000B7, 198, (221, 281, 117, 271, 425)),
}


class NoIsolation(Exception):
    """This machine offers no way to keep the child off the network."""


def enter(memory_bytes: int, seconds: int, file_bytes: int, parent: int, folder: str) -> None:
    """Apply every limit to this process, for good; ``folder`` is the one place left to write in.

    Raises:
        NoIsolation: when neither a network namespace nor a filter of system calls holds.
    """
    die_with(parent)
    limit_resources(memory_bytes, seconds, file_bytes)
    libc = ctypes.CDLL(None, use_errno=True)
    has_namespace = _leave_network(libc)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _write_only_in(libc, folder)
    has_filter = _filter_system_calls(libc)
    if not (has_namespace or has_filter):
        raise NoIsolation(f"{sys.platform} {platform.machine()}")


def die_with(parent: int) -> None:
    """Ask the kernel to kill this process when its parent dies, and exit if it already has."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def limit_resources(memory_bytes: int, seconds: int, file_bytes: int) -> None:
    """Set the resource limits.

    ``RLIMIT_DATA`` counts what is really private and writable; address space counts libraries
    (100 MB here) and reserved stacks too, so it stands higher, against shared mappings.
    """
    _limit(resource.RLIMIT_DATA, memory_bytes)
    _limit(resource.RLIMIT_AS, memory_bytes + 512 * 1024 * 1024)
    _limit(resource.RLIMIT_CPU, seconds, seconds + 2)
    _limit(resource.RLIMIT_FSIZE, file_bytes)
    _limit(resource.RLIMIT_NOFILE, 64)
    _limit(resource.RLIMIT_CORE, 0)
    try:  # if the machine itself runs out, this process goes first
        with open("/proc/self/oom_score_adj", "w") as file:  # noqa: PTH123  pathlib costs a millisecond here
            file.write("1000")
    except OSError:
        pass


def _limit(kind: int, soft: int, hard: int | None = None) -> None:
    _, ceiling = resource.getrlimit(kind)
    wanted = soft if hard is None else hard
    if ceiling != resource.RLIM_INFINITY:
        wanted, soft = min(wanted, ceiling), min(soft, ceiling)
    resource.setrlimit(kind, (soft, wanted))


def _leave_network(libc: ctypes.CDLL) -> bool:
    """Move into a network namespace without interfaces; root needs no user namespace for it."""
    return any(libc.unshare(flags) == 0 for flags in (_CLONE_NEWNET, _CLONE_NEWUSER | _CLONE_NEWNET))


def _write_only_in(libc: ctypes.CDLL, folder: str) -> bool:
    """Let nothing be made, changed or removed outside ``folder`` (Landlock, Linux 5.13 and later)."""
    rights = struct.pack("=Q", _WRITE_RIGHTS)
    ruleset = libc.syscall(_LANDLOCK_CREATE_RULESET, rights, ctypes.c_size_t(len(rights)), 0)
    if ruleset < 0:
        return False
    directory = os.open(folder, os.O_PATH | os.O_CLOEXEC)
    rule = struct.pack("=Qi", _WRITE_RIGHTS, directory)
    allowed = libc.syscall(_LANDLOCK_ADD_RULE, ruleset, _LANDLOCK_PATH_BENEATH, rule, 0) == 0
    holds = allowed and libc.syscall(_LANDLOCK_RESTRICT_SELF, ruleset, 0) == 0
    os.close(directory)
    os.close(ruleset)
    return bool(holds)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def _filter_system_calls(libc: ctypes.CDLL) -> bool:
    """Refuse sockets other than Unix ones, and the starting of programs."""
    calls = _SYSTEM_CALLS.get(platform.machine())
    if calls is None or sys.platform != "linux":
        return False
    code = _program(*calls)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(code) // 8, ctypes.cast(buffer, ctypes.c_void_p))
    return bool(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) == 0)


def _program(architecture: int, socket: int, refused: tuple[int, ...]) -> bytes:
    """Assemble the filter; a jump counts instructions to skip."""

    def step(code: int, operand: int, if_true: int = 0, if_false: int = 0) -> bytes:
        return struct.pack("=HBBI", code, if_true, if_false, operand)

    checks = [
        step(_LOAD, _ARCH_AT),
        step(_JUMP_EQUAL, architecture, 1, 0),
        step(_RETURN, _KILL),
        step(_LOAD, _NUMBER_AT),
        step(_JUMP_AT_LEAST, _X32_NUMBERS_FROM, 0, 1),
        step(_RETURN, _KILL),
    ]
    for number in refused:
        checks += [step(_JUMP_EQUAL, number, 0, 1), step(_RETURN, _REFUSE)]
    checks += [
        step(_JUMP_EQUAL, socket, 0, 3),
        step(_LOAD, _FIRST_ARGUMENT_AT),
        step(_JUMP_EQUAL, _AF_UNIX, 1, 0),
        step(_RETURN, _REFUSE),
        step(_RETURN, _ALLOW),
    ]
    return b"".join(checks)
