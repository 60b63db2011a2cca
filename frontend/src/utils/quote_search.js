/** Finding a quote in the pieces of a PDF page, where line ends and spaces fall differently. */

/**
 * @param {string} quote
 * @param {string[]} pieces the page's text as the file has it
 * @param {(sign: string, index: number) => number} [widthIn] how wide a sign of a piece is
 * @returns {{index: number, from: number, to: number}[]} the pieces that the quote covers, each
 *   from and to a part (0 to 1) of its width; none when it does not stand on the page
 */
export function findQuote(quote, pieces, widthIn = widthOf) {
  const wanted = squeeze(quote);
  /** @type {{index: number, from: number, to: number}[]} */
  const origins = [];
  let text = '';
  pieces.forEach((piece, index) => {
    const signs = [...piece];
    const total = signs.reduce((sum, sign) => sum + widthIn(sign, index), 0);
    let at = 0;
    for (const sign of signs) {
      const place = { index, from: at / total, to: (at + widthIn(sign, index)) / total };
      at += widthIn(sign, index);
      const part = squeeze(sign);
      text += part;
      // One entry a UTF-16 unit, as the search below counts.
      for (let unit = 0; unit < part.length; unit += 1) origins.push(place);
    }
  });
  const start = wanted === '' ? -1 : text.indexOf(wanted);
  if (start < 0) return [];
  /** @type {Map<number, {index: number, from: number, to: number}>} */
  const found = new Map();
  for (const { index, from, to } of origins.slice(start, start + wanted.length)) {
    const place = found.get(index) ?? { index, from, to };
    place.to = to;
    found.set(index, place);
  }
  return [...found.values()];
}

/** @param {string} text without spaces and hyphens, which break differently on the page */
function squeeze(text) {
  return text.normalize('NFKC').replace(/[\s\u00ad\u200b-]+/g, '').toLowerCase();
}

/** @param {string} sign about how wide it is: the file tells the width of whole pieces only */
function widthOf(sign) {
  if (/\s/.test(sign)) return 0.28;
  if (/[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uff00-\uff60]/.test(sign)) return 1;
  return /[.,:;'|!ijlt()[\]]/.test(sign) ? 0.32 : 0.58;
}
