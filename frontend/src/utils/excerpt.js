import { countCodePoints, markRanges, sliceCodePoints } from './code_points.js';

/** @typedef {import('../shapes.js').Span} Span */

/** About what a result shows, in code points. */
const SHOWN = 320;
/** As far back from the first marked word a sentence's beginning is looked for. */
const LEAD = 140;

/**
 * The part of a passage that shows most of the found words, cut at their place.
 * @param {string} text
 * @param {Span[]} marks
 * @returns {{cut: boolean, pieces: {text: string, marked: boolean}[]}} `cut`: something stands before it
 */
export function excerpt(text, marks) {
  const from = begin(text, marks);
  const shown = sliceCodePoints(text, from);
  const moved = marks.filter(({ start }) => start >= from).map(({ start, end }) => ({ start: start - from, end: end - from }));
  return { cut: from > 0, pieces: markRanges(shown, moved) };
}

/** @param {string} text @param {Span[]} marks */
function begin(text, marks) {
  if (countCodePoints(text) <= SHOWN) return 0;
  let best = { start: 0, count: 0 };
  for (const { start } of [{ start: 0 }, ...marks]) {
    const count = marks.filter((mark) => mark.start >= start && mark.end <= start + SHOWN - LEAD / 2).length;
    if (count > best.count) best = { start, count };
  }
  if (best.start <= LEAD) return 0;
  const lead = sliceCodePoints(text, best.start - LEAD, best.start);
  const sentence = /[\s\S]*(?:[.!?。…]["'”’)]*\s+|\n)/.exec(lead)?.[0] ?? /^\S*\s/.exec(lead)?.[0] ?? '';
  return best.start - LEAD + countCodePoints(sentence);
}
