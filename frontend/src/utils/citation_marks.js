const MARK = /\[(\d{1,3})\]/g;

/**
 * Put nodes in the place of the marks `[1]`, `[2]` of an answer, outside of code and links.
 * @param {Node} root
 * @param {(n: number) => Node | null} nodeFor `null` leaves the mark as plain text
 */
export function replaceCitationMarks(root, nodeFor) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const texts = /** @type {Text[]} */ ([]);
  while (walker.nextNode()) texts.push(/** @type {Text} */ (walker.currentNode));
  for (const text of texts) {
    if (text.parentElement?.closest('code, pre, a')) continue;
    const pieces = split(text.data, nodeFor);
    if (pieces) text.replaceWith(...pieces);
  }
}

/**
 * @param {string} text
 * @param {(n: number) => Node | null} nodeFor
 */
function split(text, nodeFor) {
  /** @type {(string | Node)[]} */
  const pieces = [];
  let at = 0;
  for (const match of text.matchAll(MARK)) {
    const node = nodeFor(Number(match[1]));
    if (!node) continue;
    // The chip is small and raised: a space before it would let it wrap to a line of its own.
    pieces.push(text.slice(at, match.index).replace(/[ \t]+$/, '\u2060'), node);
    at = match.index + match[0].length;
  }
  if (pieces.length === 0) return null;
  pieces.push(text.slice(at));
  return pieces;
}

/**
 * Take the marks out of an answer, for copying and for reading aloud.
 * @param {string} text
 */
export function withoutCitationMarks(text) {
  return text.replace(/ ?\[\d{1,3}\]/g, '');
}
