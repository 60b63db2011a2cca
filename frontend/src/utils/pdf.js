import { getDocument, GlobalWorkerOptions, Util, VerbosityLevel } from 'pdfjs-dist';

import { findQuote } from './quote_search.js';

/** @typedef {import('pdfjs-dist').PDFDocumentProxy} Pdf */
/** @typedef {{left: number, top: number, width: number, height: number}} Box in parts of the page */

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
 * Draw a page and find where the quotes stand on it.
 * @param {Pdf} pdf
 * @param {{page: number, canvas: HTMLCanvasElement, quotes: string[], signal: AbortSignal}} options
 * @returns {Promise<Box[]>}
 */
export async function drawPage(pdf, { page: number, canvas, quotes, signal }) {
  const page = await pdf.getPage(number);
  const natural = page.getViewport({ scale: 1 });
  const width = canvas.parentElement?.clientWidth || natural.width;
  const ratio = Math.min(2, devicePixelRatio || 1);
  const viewport = page.getViewport({ scale: (width / natural.width) * ratio });
  canvas.width = Math.floor(viewport.width);
  canvas.height = Math.floor(viewport.height);
  const task = page.render({ canvas, viewport });
  signal.addEventListener('abort', () => task.cancel(), { once: true });
  const [, content] = await Promise.all([task.promise, page.getTextContent()]);
  const items = content.items.filter((item) => 'str' in item);
  return quotes.flatMap((quote) => boxesOf(quote, items, viewport));
}

/**
 * @param {string} quote
 * @param {import('pdfjs-dist/types/src/display/api.js').TextItem[]} items
 * @param {import('pdfjs-dist').PageViewport} viewport
 * @returns {Box[]}
 */
function boxesOf(quote, items, viewport) {
  const places = findQuote(quote, items.map(({ str }) => str));
  return places.map(({ index, from, to }) => {
    const item = items[index];
    const [a, b, , , x, y] = Util.transform(viewport.transform, item.transform);
    const scale = viewport.scale;
    const height = item.height * scale || Math.hypot(a, b);
    const width = item.width * scale;
    return {
      left: (x + from * width) / viewport.width,
      top: (y - height * 0.85) / viewport.height,
      width: ((to - from) * width) / viewport.width,
      height: (height * 1.1) / viewport.height,
    };
  });
}
