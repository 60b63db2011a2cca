/** Which of a source's quotes proves the claim whose number was clicked. */

/** @typedef {import('../shapes.js').Citation} Citation */

const SENTENCE_END = /(?<=[.!?。！？…]["'”’」』»)]*)\s+/;

/**
 * Read the claim that a number stands behind: the sentence before it, without other numbers.
 * @param {HTMLElement} chip
 */
export function claimBefore(chip) {
  const block = chip.closest('li, td, th, blockquote p, p, h2, h3, h4, h5, h6') ?? chip.parentElement ?? chip;
  const range = document.createRange();
  range.setStart(block, 0);
  range.setEndBefore(chip);
  const before = range.cloneContents();
  for (const other of before.querySelectorAll('.citation')) other.remove();
  const sentences = (before.textContent ?? '').trim().split(SENTENCE_END);
  return sentences.at(-1) ?? '';
}

/**
 * Choose the quote that shares most with a claim; an answer says in its own words what a source says.
 * @param {string} claim
 * @param {Citation[]} citations of one source
 * @returns {Citation | null}
 */
export function quoteOf(claim, citations) {
  const wanted = pairs(claim);
  let best = citations[0] ?? null;
  let most = -1;
  for (const citation of citations) {
    const held = pairs(citation.quote);
    const shared = [...wanted].filter((pair) => held.has(pair)).length;
    // Of two that hold as much of it, the shorter one says less beside it.
    const value = shared / Math.max(1, wanted.size) - held.size / 1e6;
    if (value > most) [best, most] = [citation, value];
  }
  return best;
}

/** Pairs of signs: as good for Korean, whose words change their ends, as for English. @param {string} text */
function pairs(text) {
  const signs = text.normalize('NFKC').toLowerCase().replace(/[\s\p{P}]+/gu, ' ').trim();
  const found = new Set();
  for (let at = 0; at + 1 < signs.length; at += 1) found.add(signs.slice(at, at + 2));
  return found;
}
