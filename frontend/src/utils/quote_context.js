import { countCodePoints, markRanges, sliceCodePoints } from './code_points.js';

/** @typedef {import('../shapes.js').Passage} Passage */
/** @typedef {import('../shapes.js').Source} Source */
/** @typedef {import('../shapes.js').Citation} Citation */
/** @typedef {import('../shapes.js').Span} Span */

/**
 * Lay a source's text out with the quotes or words marked and its neighbours before and after. Passages
 * overlap; by their offsets in the document's text what the source already shows is cut off.
 * @param {Source} source
 * @param {Span[] | Citation[]} marks
 * @param {Passage[]} passages
 * @param {Citation | null} [strong] the quote that was asked for
 */
export function quoteContext(source, marks, passages, strong = null) {
  const sorted = [...passages].sort((a, b) => a.start - b.start);
  const before = sorted.filter(({ start }) => start < source.start);
  const after = sorted.filter(({ end }) => end > source.end);
  return {
    before: cut(before, Number.NEGATIVE_INFINITY, source.start),
    pieces: markRanges(source.text, marks, strong),
    after: cut(after, source.end, Number.POSITIVE_INFINITY),
  };
}

/**
 * Join passages to the stretch of text from one offset to another, each part of it once.
 * @param {Passage[]} passages
 * @param {number} from
 * @param {number} to
 */
function cut(passages, from, to) {
  let at = from;
  let text = '';
  for (const passage of passages) {
    const begin = Math.max(passage.start, at);
    const end = Math.min(passage.end, to);
    if (end <= begin) continue;
    const length = countCodePoints(passage.text);
    const piece = sliceCodePoints(
      passage.text,
      Math.min(begin - passage.start, length),
      Math.min(end - passage.start, length),
    );
    text += text && begin > at && Number.isFinite(at) ? `\n\n${piece}` : piece;
    at = end;
  }
  return text.trim();
}
