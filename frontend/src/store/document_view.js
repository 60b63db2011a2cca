import { atom } from 'nanostores';

import { fetchDocument, listPassages, listPictures, pictureAddress } from '../services/documents.js';
import { isAbort, toProblem } from '../utils/problem.js';

/** @typedef {import('../shapes.js').Document} Document */
/** @typedef {import('../shapes.js').Passage} Passage */
/** @typedef {import('../shapes.js').Picture} Picture */
/** @typedef {import('../shapes.js').Problem} Problem */
/** @typedef {{document: Document | null, passages: Passage[], pictures: Picture[], cursor: string | null, loading: boolean, problem: Problem | null}} View */

const PAGE = 40;
const NEIGHBOURS = 11;
/** Pictures that come later than this push down what is read already. */
const PATIENCE = 1500;
const EMPTY = /** @type {View} */ ({
  document: null,
  passages: [],
  pictures: [],
  cursor: null,
  loading: false,
  problem: null,
});

/** The document that is open on the documents page. */
export const $documentView = atom(EMPTY);
let reading = new AbortController();

/**
 * @param {string | null} id
 * @param {number | null} [around] the passage to show with its neighbours, rather than the first ones
 */
export async function viewDocument(id, around = null) {
  reading.abort();
  reading = new AbortController();
  const { signal } = reading;
  $documentView.set({ ...EMPTY, loading: id !== null });
  if (id === null) return;
  const pictures = viewPictures(id, signal);
  try {
    const [document, page] = await Promise.all([
      fetchDocument(id, signal),
      passagesOf(id, around, signal),
    ]);
    change({ document });
    await Promise.race([pictures, new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
    if (signal.aborted) return;
    change({ passages: page.items, cursor: page.nextCursor, loading: false });
  } catch (error) {
    if (!isAbort(error)) change({ loading: false, problem: toProblem(error) });
  }
}

/** @param {string} id @param {number | null} around @param {AbortSignal} signal */
async function passagesOf(id, around, signal) {
  const near = around === null ? null : await listPassages(id, { around, limit: NEIGHBOURS }, signal);
  // A document that has been read anew has other passages: then it begins at its beginning.
  return near && near.items.length > 0 ? near : listPassages(id, { limit: PAGE }, signal);
}

/** A document can be read without its pictures. @param {string} id @param {AbortSignal} signal */
async function viewPictures(id, signal) {
  const pictures = await listPictures(id, signal).catch(() => []);
  if (!signal.aborted) change({ pictures });
}

/** @param {string} id @returns {(picture: Picture, width: 320 | 640 | 1280) => string} */
export function picturesOf(id) {
  return (picture, width) => pictureAddress(id, picture, width);
}

export async function viewMorePassages() {
  const { document, cursor, passages, loading } = $documentView.get();
  if (!document || !cursor || loading) return;
  change({ loading: true });
  try {
    const page = await listPassages(document.id, { limit: PAGE, cursor }, reading.signal);
    change({ passages: [...passages, ...page.items], cursor: page.nextCursor, loading: false });
  } catch (error) {
    if (!isAbort(error)) change({ loading: false, problem: toProblem(error) });
  }
}

/** @param {Partial<View>} values */
function change(values) {
  $documentView.set({ ...$documentView.get(), ...values });
}
