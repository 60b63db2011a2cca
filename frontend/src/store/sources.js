import { atom } from 'nanostores';

import { reportOpened } from '../services/chat.js';
import { contentAddress as addressOf, fetchDocument, listPassages } from '../services/documents.js';
import { quoteOf } from '../utils/claims.js';
import { passageQuotes } from '../utils/passage_quotes.js';
import { isAbort, toProblem } from '../utils/problem.js';

/** @typedef {import('../shapes.js').Hit} Hit */
/** @typedef {import('../shapes.js').Message} Message */
/** @typedef {import('../shapes.js').OpenSource} OpenSource */

/** The source that stands beside the answer. */
export const $openSource = atom(/** @type {OpenSource | null} */ (null));
let reading = new AbortController();
const reported = new Set();

/**
 * Show a source of an answer: what the answer carries at once, its neighbours when they come.
 * @param {Message} message
 * @param {import('../shapes.js').Cited} cited
 */
export async function openSource(message, { n, mark, claim }) {
  const source = message.sources.find((item) => item.n === n);
  if (!source) return;
  const citations = message.citations.filter((item) => item.n === n);
  const clicked = claim === null ? null : quoteOf(claim, citations);
  if (citations.length > 0 && message.status === 'complete') report(message.id, source.passage_id);
  await open({ message_id: message.id, source, citations, mark, clicked });
}

/**
 * Nobody waits for it, and whoever reads the source misses nothing where it fails.
 * @param {string} message
 * @param {number} passage
 */
function report(message, passage) {
  const key = `${message} ${passage}`;
  if (reported.has(key)) return;
  reported.add(key);
  void reportOpened(message, passage).catch(() => reported.delete(key));
}

/**
 * Show a passage that a search found: the query's words marked in its text, all of it in the file.
 * @param {Hit} hit
 * @param {number} n
 */
export async function openHit(hit, n) {
  const { ranks: _ranks, marks, ...place } = hit;
  const citations = passageQuotes(hit.text).map((quote) => ({ n, passage_id: hit.passage_id, quote, start: 0, end: 0 }));
  await open({ message_id: '', source: { ...place, n }, citations, marks });
}

/** @param {Pick<OpenSource, 'message_id' | 'source' | 'citations' | 'marks' | 'mark' | 'clicked'>} shown */
async function open(shown) {
  reading.abort();
  reading = new AbortController();
  $openSource.set({ ...shown, passages: [], document: null, loading: true, problem: null });
  await readAround(shown.source);
}

/** Read the neighbours again, when that has failed. */
export async function reloadSource() {
  const shown = $openSource.get();
  if (!shown) return;
  change({ loading: true, problem: null });
  await readAround(shown.source);
}

/** @param {import('../shapes.js').Source} source */
async function readAround(source) {
  try {
    const [document, passages] = await Promise.all([
      fetchDocument(source.document_id, reading.signal),
      listPassages(source.document_id, { around: source.passage_id, limit: 3 }, reading.signal),
    ]);
    change({ document, passages: passages.items, loading: false });
  } catch (error) {
    if (!isAbort(error)) change({ loading: false, problem: toProblem(error) });
  }
}

export function closeSource() {
  reading.abort();
  $openSource.set(null);
}

/** @param {string} documentId @param {'file' | 'text'} [as] */
export function contentAddress(documentId, as) {
  return addressOf(documentId, as);
}

/** @param {Partial<OpenSource>} values */
function change(values) {
  const shown = $openSource.get();
  if (shown) $openSource.set({ ...shown, ...values });
}
