"""Reasoning models think aloud first; a reader wants the answer only."""

from __future__ import annotations

from enum import Enum, auto

_TAGS = {"<think>": "</think>", "<thinking>": "</thinking>", "<thought>": "</thought>"}


class _State(Enum):
    START = auto()  # nothing but blanks, or the beginning of a tag
    THOUGHT = auto()
    AFTER = auto()  # the blank lines between a thought and the answer
    ANSWER = auto()


class ThoughtFilter:
    """Drops one ``<think>...</think>`` at the beginning of a stream, wherever it is split.

    Tags later in the answer are text: a document may well talk about them.
    """

    def __init__(self) -> None:
        self._state = _State.START
        self._held = ""
        self._closing = ""

    @property
    def in_thought(self) -> bool:
        return self._state is _State.THOUGHT

    def feed(self, text: str) -> str:
        """Return what of ``text``, and of the text held back before, belongs to the answer."""
        if self._state is _State.ANSWER:
            return text
        self._held += text
        if self._state is _State.START:
            self._look_for_opening()
        if self._state is _State.THOUGHT:
            self._look_for_closing()
        if self._state is _State.AFTER:
            self._held = self._held.lstrip()
            if self._held:
                self._state = _State.ANSWER
        return self._take() if self._state is _State.ANSWER else ""

    def close(self) -> str:
        """Return what was held back when the stream ended: the beginning of no tag."""
        return self._take() if self._state is _State.START else ""

    def _look_for_opening(self) -> None:
        start = self._held.lstrip()
        for opening, closing in _TAGS.items():
            if start.startswith(opening):
                self._state, self._closing = _State.THOUGHT, closing
                self._held = start[len(opening) :]
                return
        if not any(opening.startswith(start) for opening in _TAGS):
            self._state = _State.ANSWER

    def _look_for_closing(self) -> None:
        _, found, rest = self._held.partition(self._closing)
        if found:
            self._state, self._held = _State.AFTER, rest
        else:
            self._held = self._held[-len(self._closing) :]  # the tag may be cut; the thought is not kept

    def _take(self) -> str:
        text, self._held = self._held, ""
        return text
