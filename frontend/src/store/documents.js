import { atom } from 'nanostores';

import * as service from '../services/documents.js';
import { t } from '../utils/i18n.js';
import { isAbort, toProblem } from '../utils/problem.js';
import { loadCollections } from './collections.js';
import { jobOf, rememberJob, watchJob } from './jobs.js';
import { notifyProblem } from './notices.js';
import { deleteWithUndo, isBeingDeleted } from './undoable.js';

/** @typedef {import('../shapes.js').Document} Document */
/** @typedef {import('../shapes.js').Job} Job */
/** @typedef {import('../shapes.js').Problem} Problem */
/** @typedef {{items: Document[], cursor: string | null, query: string, collection: string | null, state: 'idle' | 'loading' | 'failed', problem: Problem | null, loaded: boolean}} List */

const PAGE = 50;
const POLL = 2000;
const ENDED = new Set(['ready', 'failed', 'cancelled']);

export const $documents = atom(
  /** @type {List} */ ({
    items: [],
    cursor: null,
    query: '',
    collection: null,
    state: 'idle',
    problem: null,
    loaded: false,
  }),
);
let loading = new AbortController();
/** @type {ReturnType<typeof setTimeout> | undefined} */
let polling;

/** @param {Partial<List>} change */
function update(change) {
  $documents.set({ ...$documents.get(), ...change });
}

/**
 * Read the first page of what the filter finds.
 * @param {{query?: string, collection?: string | null, quiet?: boolean}} [filter] quiet: no skeletons
 */
export async function loadDocuments(filter = {}) {
  loading.abort();
  loading = new AbortController();
  const { signal } = loading;
  const { query = $documents.get().query, collection = $documents.get().collection } = filter;
  update({ query, collection, ...(filter.quiet ? {} : { state: 'loading' }) });
  try {
    const limit = Math.max(PAGE, Math.min(200, filter.quiet ? $documents.get().items.length : 0));
    const page = await service.listDocuments({ q: query, collection_id: collection, limit }, signal);
    const items = page.items.filter(({ id }) => !isBeingDeleted(id));
    update({ items, cursor: page.nextCursor, state: 'idle', problem: null, loaded: true });
    keepWatching();
  } catch (error) {
    if (!isAbort(error)) update({ state: 'failed', problem: toProblem(error) });
  }
}

export async function loadMoreDocuments() {
  const { cursor, query, collection, state, items } = $documents.get();
  if (!cursor || state === 'loading') return;
  update({ state: 'loading' });
  try {
    const filter = { q: query, collection_id: collection, limit: PAGE, cursor };
    const page = await service.listDocuments(filter, loading.signal);
    update({ items: [...items, ...page.items], cursor: page.nextCursor, state: 'idle' });
  } catch (error) {
    if (!isAbort(error)) update({ state: 'failed', problem: toProblem(error) });
  }
}

/**
 * Take in a document that has just been uploaded, and follow its job.
 * @param {Document} document
 * @param {Job | null} job
 */
export function addDocument(document, job) {
  const others = $documents.get().items.filter(({ id }) => id !== document.id);
  update({ items: [document, ...others], loaded: true });
  if (job) follow(job);
  keepWatching();
}

/** @param {string} id */
export async function retryDocument(id) {
  change(id, { status: 'queued', progress: 0, error: null });
  try {
    follow(await service.retryDocument(id));
    keepWatching();
  } catch (error) {
    notifyProblem(error);
    void loadDocuments({ quiet: true });
  }
}

/** @param {string} id */
export async function cancelDocument(id) {
  const jobId = jobOf(id);
  if (!jobId) return;
  try {
    const job = await service.cancelJob(jobId);
    change(id, { status: job.status, progress: job.progress, error: job.error });
    keepWatching();
  } catch (error) {
    notifyProblem(error);
  }
}

/** @param {string} id */
export function deleteDocument(id) {
  const { items } = $documents.get();
  const gone = items.find((item) => item.id === id);
  update({ items: items.filter((item) => item.id !== id) });
  deleteWithUndo({
    id,
    text: t('document.deleted', { title: gone?.title ?? '' }),
    remove: async (options) => {
      await service.deleteDocument(id, options);
      void loadCollections();
    },
    undo: () => void loadDocuments({ quiet: true }),
  });
}

/** @param {string} id @param {Partial<Document>} values */
function change(id, values) {
  const { items } = $documents.get();
  update({ items: items.map((item) => (item.id === id ? { ...item, ...values } : item)) });
}

/** @param {Job} job */
function follow(job) {
  rememberJob(job);
  void watchJob(job, (now) => {
    change(now.document_id, { status: now.status, progress: now.progress, error: now.error });
    if (ENDED.has(now.status)) {
      void refresh(now.document_id);
      void loadCollections();
    }
  });
}

/** @param {string} id */
async function refresh(id) {
  try {
    change(id, await service.fetchDocument(id));
  } catch {
    // It was deleted meanwhile: the next reading of the list shows that.
  }
}

/** Ask again while anything is under way: jobs that nobody follows move on too. */
function keepWatching() {
  clearTimeout(polling);
  if ($documents.get().items.every(({ status }) => ENDED.has(status))) return;
  polling = setTimeout(() => {
    if (document.visibilityState === 'visible') void loadDocuments({ quiet: true });
    else keepWatching();
  }, POLL);
}
