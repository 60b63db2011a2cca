/**
 * The server counts Unicode code points, JavaScript's strings UTF-16 units: an emoji or a rare
 * Hanja before a quote would move an index by one. These cut by code points.
 */

/**
 * Cut a string by code point offsets, as `text[start:end]` does in Python.
 * @param {string} text
 * @param {number} start
 * @param {number} [end]
 */
export function sliceCodePoints(text, start, end = Infinity) {
  const from = unitIndex(text, start);
  return text.slice(from, end === Infinity ? undefined : unitIndex(text, end, from, start));
}

/** @param {string} text */
export function countCodePoints(text) {
  return Array.from(text).length;
}

/**
 * Find the UTF-16 index of a code point offset; past the end it is the length.
 * @param {string} text
 * @param {number} offset
 * @param {number} [index] where to begin, in UTF-16 units
 * @param {number} [counted] the code points before `index`
 */
export function unitIndex(text, offset, index = 0, counted = 0) {
  while (counted < offset && index < text.length) {
    index += /** @type {number} */ (text.codePointAt(index)) > 0xffff ? 2 : 1;
    counted += 1;
  }
  return index;
}

/**
 * Cut a text at the marked ranges; overlapping and touching ranges become one.
 * @param {string} text
 * @param {{start: number, end: number}[]} ranges in code points
 * @param {{start: number, end: number} | null} [strong] one that stands out among them, as it is
 * @returns {{text: string, marked: boolean, strong?: boolean}[]}
 */
export function markRanges(text, ranges, strong = null) {
  if (strong) {
    const { start, end } = strong;
    const before = ranges.map((range) => ({ ...range, end: Math.min(range.end, start) }));
    const after = ranges.map((range) => ({ start: Math.max(range.start, end) - end, end: range.end - end }));
    return [
      ...markRanges(sliceCodePoints(text, 0, start), before),
      { text: sliceCodePoints(text, start, end), marked: true, strong: true },
      ...markRanges(sliceCodePoints(text, end), after),
    ];
  }

  /** @type {{start: number, end: number}[]} */
  const merged = [];
  for (const range of [...ranges].sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (range.end <= range.start) continue;
    if (last && range.start <= last.end) last.end = Math.max(last.end, range.end);
    else merged.push({ start: range.start, end: range.end });
  }
  const pieces = [];
  let at = 0;
  for (const { start, end } of merged) {
    pieces.push({ text: sliceCodePoints(text, at, start), marked: false });
    pieces.push({ text: sliceCodePoints(text, start, end), marked: true });
    at = end;
  }
  pieces.push({ text: sliceCodePoints(text, at), marked: false });
  return pieces.filter((piece) => piece.text !== '');
}
