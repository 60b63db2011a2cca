"""Bytes of a text file to characters, with the encodings Korean files really come in."""

from __future__ import annotations

import codecs
from itertools import pairwise

from .draft import Refusal

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with that one
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE_BYTES = 100_000
# First bytes of symbols and of the common half of each standard's characters. The
# extensions of CP949 and GB18030 reuse those bytes, before a second one below 0xA1, for rare ones.
_COMMON: dict[str, tuple[tuple[int, int], ...]] = {
    "cp949": ((0xA1, 0xA3), (0xB0, 0xC8)),
    "cp932": ((0x81, 0x83), (0x88, 0x97)),
    "gb18030": ((0xA1, 0xA3), (0xB0, 0xD7)),
    "big5": ((0xA1, 0xA3), (0xA4, 0xC6)),
}


def decode(data: bytes, declared: str | None = None) -> str:
    """Return the characters of ``data``: byte-order mark, UTF-8, ``declared``, then the best legacy guess.

    Raises:
        Refusal: when the bytes are no text at all.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    if b"\0" in data[:4096]:
        return _without_mark(data)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        # A long UTF-8 file with a few broken bytes is still UTF-8, not Latin-1.
        if _mostly_utf8(data, error):
            return data.decode("utf-8", "replace")
    if declared:
        try:
            return data.decode("cp949" if declared.lower() in ("euc-kr", "ks_c_5601-1987") else declared)
        except (LookupError, UnicodeDecodeError):
            pass
    return _legacy(data)


def _without_mark(data: bytes) -> str:
    """Decode UTF-16 without its mark; other zeros mean that this is not text."""
    sample = data[:4096]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if max(even, odd) > len(sample) // 50 and min(even, odd) <= max(even, odd) // 4:
        return data.decode("utf-16-le" if odd > even else "utf-16-be", "replace")
    raise Refusal("broken", "zero bytes in a text file")


def _mostly_utf8(data: bytes, error: UnicodeDecodeError) -> bool:
    sample = data[:200_000]
    decoded = sample.decode("utf-8", "replace")
    wide = sum(1 for character in decoded if ord(character) > 127 and character != "\ufffd")
    broken = decoded.count("\ufffd")
    return wide >= 4 * broken or (broken <= 3 and error.start > 2000 and wide == 0)


def _legacy(data: bytes) -> str:
    """Choose the legacy encoding whose result reads best; Korean wins where two read alike."""
    sample = data[:_SAMPLE_BYTES]
    best, best_score = "cp1252", _western_score(sample)
    for encoding in _COMMON:
        try:
            text = sample.decode(encoding)
        except UnicodeDecodeError as error:
            if error.start < len(sample) - 4:  # the sample may end within a character
                continue
            text = sample.decode(encoding, "ignore")
        score = _common_share(text, encoding)
        if score > best_score:
            best, best_score = encoding, score
    return data.decode(best, "replace")


def _western_score(sample: bytes) -> float:
    """Rate Western text by how rarely letters above ASCII stand beside each other."""
    high = sum(byte > 127 for byte in sample)
    pairs = sum(1 for first, second in pairwise(sample) if first > 127 and second > 127)
    return 0.5 if high and pairs < high / 4 else 0.05


def _common_share(text: str, encoding: str) -> float:
    """Rate a decoding by the share of its wide characters that are common in their language.

    All these standards put common characters first and rare ones last, so the first byte tells.
    """
    common = rare = 0
    for character in text:
        if character > "\x7f":
            code = character.encode(encoding, "replace")
            if any(low <= code[0] <= high for low, high in _COMMON[encoding]) and _is_plain(code, encoding):
                common += 1
            else:
                rare += 1
    return (common - rare / 2) / max(1, common + rare)


def _is_plain(code: bytes, encoding: str) -> bool:
    return len(code) == 2 and (encoding in ("cp932", "big5") or code[1] >= 0xA1)
