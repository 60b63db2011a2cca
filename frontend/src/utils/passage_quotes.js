/** What is shorter stands on a page more than once: a number, a name in a table's head. */
const SHORTEST = 12;

/**
 * Cut a passage into pieces that are looked for on a page one by one: a page's header or a
 * footnote may stand between two of them.
 * @param {string} text
 * @returns {string[]}
 */
export function passageQuotes(text) {
  const sentences = new Intl.Segmenter(undefined, { granularity: 'sentence' });
  const pieces = text.split('\n').flatMap((line) => [...sentences.segment(line)].map(({ segment }) => segment.trim()));
  const long = pieces.filter((piece) => piece.length >= SHORTEST);
  return long.length > 0 ? long : [text.trim()];
}
