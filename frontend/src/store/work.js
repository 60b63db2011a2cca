import { atom } from 'nanostores';

import { fetchDocument, jobEvents, listDocuments } from '../services/documents.js';
import { Pace } from '../utils/pace.js';

/** @typedef {import('../shapes.js').Document} Document */
/** @typedef {import('../shapes.js').DocumentStatus} DocumentStatus */

/** The states that a document passes through. */
export const WORKING = /** @type {DocumentStatus[]} */ (['queued', 'extracting', 'searchable']);

/**
 * A browser opens six connections to a host at most, and a followed job keeps one open: two are
 * followed closely, all others are asked for together.
 */
const CLOSELY = 2;
/** Of those that have ended as many are looked at in a turn. */
const ENDED_A_TURN = 12;

/** What is known newly of documents in work, or of those that have just ended. */
export const $news = atom(/** @type {Document[]} */ ([]));

/** @type {Map<string, Document>} those that are in work, as they were seen last */
const working = new Map();
const pace = new Pace();
let closely = 0;

/** @param {Document} document */
export function isWorking({ status }) {
  return WORKING.includes(status);
}

/** @returns {boolean} whether anything that has been seen is still in work */
export function hasWork() {
  return working.size > 0;
}

/**
 * Take in what the server says of documents, and how long they will still take.
 * @param {Document[]} documents
 * @returns {Document[]}
 */
export function seen(documents) {
  return documents.map((document) => {
    if (!isWorking(document)) {
      working.delete(document.id);
      pace.forget(document.id);
      return document;
    }
    working.set(document.id, document);
    // Reading goes in leaps: only of the meaning it can be seen how fast it goes. Until then the server
    // tells from others what it may take.
    if (document.status !== 'searchable') return document;
    return { ...document, left: pace.left(document.id, document.progress, 1) ?? document.left };
  });
}

/** @param {string} id one that has been deleted */
export function forgetWork(id) {
  working.delete(id);
  pace.forget(id);
}

/** @param {Document} document follow it more closely than by asking, where that is possible */
export async function followClosely(document) {
  if (closely >= CLOSELY || !document.job_id || !isWorking(document)) return;
  closely += 1;
  try {
    for await (const job of jobEvents(document.job_id, AbortSignal.timeout(600_000))) {
      const { status, progress, error, pages, passages, left } = job;
      const now = working.get(document.id);
      if (!now) return; // deleted, or its end has been seen
      const ended = job.finished_at ? await fetchDocument(document.id) : { ...now, status, progress, error, pages, passages, left };
      $news.set(seen([ended]));
    }
  } catch {
    // It is asked for with the others anyway.
  } finally {
    closely -= 1;
  }
}

/** Ask once how far all are that are in work: one request, and one for each that has ended. */
export async function askWork() {
  const { items } = await listDocuments({ status: WORKING.join(','), limit: 200 });
  const found = new Set(items.map(({ id }) => id));
  const gone = [...working.keys()].filter((id) => !found.has(id)).slice(0, ENDED_A_TURN);
  const ended = await Promise.all(gone.map(endOf));
  $news.set(seen([...items, ...ended.filter((document) => document !== null)]));
}

/** @param {string} id */
async function endOf(id) {
  try {
    return await fetchDocument(id);
  } catch {
    forgetWork(id); // it was deleted meanwhile, or may no longer be seen
    return null;
  }
}
