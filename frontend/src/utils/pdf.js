import { getDocument, GlobalWorkerOptions, Util, VerbosityLevel } from 'pdfjs-dist';

import { findQuote } from './quote_search.js';

/** @typedef {import('pdfjs-dist').PDFDocumentProxy} Pdf */
/** @typedef {import('pdfjs-dist/types/src/display/api.js').TextItem} TextItem */
/** @typedef {{left: number, top: number, width: number, height: number, quote: number}} Box in parts of the page; of which quote */
/** @typedef {{page: number, item: TextItem, from: number, to: number, quote: number}} Place a part of a piece of text */

/** As many pages after the one that a passage begins on are searched. */
const FOLLOWING = 2;

GlobalWorkerOptions.workerSrc = new URL('pdfjs-dist/build/pdf.worker.min.mjs', import.meta.url).href;

/** @type {{address: string, promise: Promise<Pdf>} | null} the file that was read last */
let last = null;

/** @param {string} address @returns {Promise<Pdf>} */
export function loadPdf(address) {
  if (last?.address === address) return last.promise;
  const promise = getDocument({
    url: address,
    cMapUrl: `${PDFJS_ASSETS}cmaps/`,
    standardFontDataUrl: `${PDFJS_ASSETS}standard_fonts/`,
    // WebAssembly would need a wider Content-Security-Policy.
    useWasm: false,
    isEvalSupported: false,
    // What a file asks for and the library lacks is nothing that a reader could mend.
    verbosity: VerbosityLevel.ERRORS,
  }).promise;
  last = { address, promise };
  promise.catch(() => (last = null));
  return promise;
}

/**
 * Draw a page and find where the quotes stand. A passage may go on over the end of the page that
 * it begins on: the page that is drawn is the one with the first quote.
 * @param {Pdf} pdf
 * @param {{page: number, canvas: HTMLCanvasElement, quotes: string[], signal: AbortSignal}} options
 * @returns {Promise<{page: number, boxes: Box[]}>}
 */
export async function drawPage(pdf, { page: begin, canvas, quotes, signal }) {
  const places = await findQuotes(pdf, begin, quotes);
  const number = places[0]?.page ?? begin;
  const page = await pdf.getPage(number);
  signal.throwIfAborted();
  const natural = page.getViewport({ scale: 1 });
  const width = canvas.parentElement?.clientWidth || natural.width;
  const ratio = Math.min(2, devicePixelRatio || 1);
  const viewport = page.getViewport({ scale: (width / natural.width) * ratio });
  canvas.width = Math.floor(viewport.width);
  canvas.height = Math.floor(viewport.height);
  const task = page.render({ canvas, viewport });
  signal.addEventListener('abort', () => task.cancel(), { once: true });
  await task.promise;
  const here = places.filter((place) => place.page === number);
  return { page: number, boxes: here.map((place) => boxOf(place, viewport)) };
}

/**
 * @param {Pdf} pdf
 * @param {number} begin
 * @param {string[]} quotes
 * @returns {Promise<Place[]>}
 */
async function findQuotes(pdf, begin, quotes) {
  if (quotes.length === 0) return [];
  const numbers = [];
  for (let page = begin; page <= Math.min(pdf.numPages, begin + FOLLOWING); page += 1) numbers.push(page);
  const pieces = await Promise.all(
    numbers.map(async (page) => {
      const { items, styles } = await (await pdf.getPage(page)).getTextContent();
      const texts = items.filter((item) => 'str' in item);
      return texts.map((item) => ({ page, item, family: styles[item.fontName]?.fontFamily ?? 'sans-serif' }));
    }),
  );
  const all = pieces.flat();
  const texts = all.map(({ item }) => item.str);
  const widthOf = measureSigns();
  /** @param {string} sign @param {number} index */
  const widthIn = (sign, index) => widthOf(sign, all[index].family);
  return quotes.flatMap((quote, number) =>
    findQuote(quote, texts, widthIn).map(({ index, from, to }) => ({ ...all[index], from, to, quote: number })),
  );
}

/** The file tells the width of whole pieces only: within one, a font of the same kind tells. */
function measureSigns() {
  const context = /** @type {CanvasRenderingContext2D} */ (document.createElement('canvas').getContext('2d'));
  /** @type {Map<string, number>} */
  const known = new Map();
  return (/** @type {string} */ sign, /** @type {string} */ family) => {
    const key = family + sign;
    let width = known.get(key);
    if (width === undefined) {
      context.font = `100px ${family}`;
      width = context.measureText(sign).width;
      known.set(key, width);
    }
    return width;
  };
}

/**
 * @param {Place} place
 * @param {import('pdfjs-dist').PageViewport} viewport
 * @returns {Box}
 */
function boxOf({ item, from, to, quote }, viewport) {
  const [a, b, , , x, y] = Util.transform(viewport.transform, item.transform);
  const scale = viewport.scale;
  const height = item.height * scale || Math.hypot(a, b);
  const width = item.width * scale;
  return {
    left: (x + from * width) / viewport.width,
    top: (y - height * 0.85) / viewport.height,
    width: ((to - from) * width) / viewport.width,
    height: (height * 1.1) / viewport.height,
    quote,
  };
}
