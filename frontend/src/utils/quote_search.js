/** Finding a quote in the pieces of a PDF page, where line ends and spaces fall differently. */

/**
 * @param {string} quote
 * @param {string[]} pieces the page's text as the file has it
 * @returns {{index: number, from: number, to: number}[]} the pieces that the quote covers, each
 *   from and to a part (0 to 1) of its length; none when it does not stand on the page
 */
export function findQuote(quote, pieces) {
  const wanted = squeeze(quote);
  /** @type {{index: number, at: number, length: number}[]} */
  const origins = [];
  let text = '';
  pieces.forEach((piece, index) => {
    const signs = [...piece];
    signs.forEach((sign, at) => {
      for (const part of squeeze(sign)) {
        text += part;
        // One entry a UTF-16 unit, as the search below counts.
        for (let unit = 0; unit < part.length; unit += 1) origins.push({ index, at, length: signs.length });
      }
    });
  });
  const start = wanted === '' ? -1 : text.indexOf(wanted);
  if (start < 0) return [];
  /** @type {Map<number, {index: number, from: number, to: number}>} */
  const found = new Map();
  for (const { index, at, length } of origins.slice(start, start + wanted.length)) {
    const place = found.get(index) ?? { index, from: at / length, to: 0 };
    place.to = (at + 1) / length;
    found.set(index, place);
  }
  return [...found.values()];
}

/** @param {string} text without spaces and hyphens, which break differently on the page */
function squeeze(text) {
  return text.normalize('NFKC').replace(/[\s\u00ad\u200b-]+/g, '').toLowerCase();
}
