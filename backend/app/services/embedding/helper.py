"""A process that embeds what comes in at its standard input (helpers.py); it ends when that does.

In: a message's length (four bytes, little-endian), and readable texts as JSON. Out: one byte when it is ready, then
for each message the vectors as float32, one after the other.
"""

from __future__ import annotations

import os
import sys
from typing import BinaryIO

import msgspec
import numpy as np

from backend.app.services.embedding import unfolded
from backend.app.services.embedding.helpers import LENGTH, READY


def main() -> None:
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever else is printed is no answer
    serve(sys.stdin.buffer, answers)


def serve(messages: BinaryIO, answers: BinaryIO) -> None:
    encoder = unfolded.load()
    encoder.encode(["warm"])
    answers.write(READY)
    answers.flush()
    while len(head := messages.read(LENGTH.size)) == LENGTH.size:
        texts = msgspec.json.decode(messages.read(LENGTH.unpack(head)[0]), type=list[str])
        answers.write(np.asarray(encoder.encode(texts), np.float32).tobytes())
        answers.flush()


if __name__ == "__main__":
    main()
