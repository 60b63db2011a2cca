import { atom } from 'nanostores';

import * as service from '../services/documents.js';
import { readStored, writeStored } from '../utils/local_storage.js';
import { isAbort, toProblem } from '../utils/problem.js';
import { isBeingDeleted } from './undoable.js';
import { $news, askWork, hasWork, isWorking, seen, WORKING } from './work.js';

/** @typedef {import('../shapes.js').Document} Document */
/** @typedef {import('../shapes.js').DocumentShow} DocumentShow */
/** @typedef {import('../shapes.js').DocumentSort} DocumentSort */
/** @typedef {import('../shapes.js').DocumentStatus} DocumentStatus */
/** @typedef {import('../shapes.js').EmbedderMove} EmbedderMove */
/** @typedef {import('../shapes.js').Problem} Problem */
/** @typedef {Record<DocumentStatus, number>} Counts */
/** @typedef {{query: string, collection: string | null, show: DocumentShow, sort: DocumentSort}} Filter */
/** @typedef {Filter & {items: Document[], cursor: string | null, counts: Counts | null, move: EmbedderMove | null, state: 'idle' | 'loading' | 'failed', problem: Problem | null, loaded: boolean}} List */

const PAGE = 50;
const MOST = 200;
/** How often is asked while something is in work, and while nothing is: others may add documents. */
const SOON = 2000;
const LATER = 8000;

/** @type {Record<DocumentShow, DocumentStatus[]>} */
export const STATES = { all: [], working: WORKING, ready: ['ready'], failed: ['failed', 'cancelled'] };

export const $documents = atom(
  /** @type {List} */ ({
    items: [],
    cursor: null,
    query: '',
    collection: null,
    show: 'all',
    sort: readStored('documents.sort', 'newest'),
    counts: null,
    move: null,
    state: 'idle',
    problem: null,
    loaded: false,
  }),
);
let loading = new AbortController();
let watchers = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let turn;

/** @param {Partial<List>} change */
export function updateList(change) {
  $documents.set({ ...$documents.get(), ...change });
}

/** @param {Filter} filter */
function asked({ query, collection, show, sort }) {
  return { q: query, collection_id: collection, status: STATES[show].join(','), sort };
}

/**
 * Read the first page of what the filter finds.
 * @param {Partial<Filter> & {quiet?: boolean}} [filter] quiet: what is shown stays until then
 */
export async function loadDocuments({ quiet = false, ...filter } = {}) {
  loading.abort();
  loading = new AbortController();
  const { signal } = loading;
  if (filter.sort) writeStored('documents.sort', filter.sort);
  updateList({ ...filter, ...(quiet ? {} : { state: 'loading', items: [], cursor: null }) });
  const { items: before, cursor, ...now } = $documents.get();
  try {
    const limit = Math.max(PAGE, Math.min(MOST, before.length));
    const [page, found] = await Promise.all([
      service.listDocuments({ ...asked(now), limit }, signal),
      watchers > 0 ? service.countDocuments(now.collection, signal) : null,
    ]);
    const fresh = known(seen(page.items)).filter(({ id }) => !isBeingDeleted(id));
    // Beyond what one request gives, what was read before stays.
    const ids = new Set(fresh.map(({ id }) => id));
    const beyond = page.nextCursor && before.length > MOST ? before.slice(MOST).filter(({ id }) => !ids.has(id)) : [];
    updateList({
      items: [...fresh, ...beyond],
      cursor: beyond.length > 0 ? cursor : page.nextCursor,
      counts: found?.counts ?? null,
      move: found?.move ?? null,
      state: 'idle',
      problem: null,
      loaded: true,
    });
  } catch (error) {
    if (!isAbort(error)) updateList({ state: 'failed', problem: toProblem(error) });
  }
}

export async function loadMoreDocuments() {
  const { cursor, state, ...list } = $documents.get();
  if (!cursor || state === 'loading') return;
  updateList({ state: 'loading' });
  try {
    const page = await service.listDocuments({ ...asked(list), limit: PAGE, cursor }, loading.signal);
    const { items } = $documents.get();
    const ids = new Set(items.map(({ id }) => id));
    const more = seen(page.items).filter(({ id }) => !ids.has(id) && !isBeingDeleted(id));
    updateList({ items: [...items, ...more], cursor: page.nextCursor, state: 'idle' });
  } catch (error) {
    if (!isAbort(error)) updateList({ state: 'failed', problem: toProblem(error) });
  }
}

/** @param {Document} document one that has just been uploaded: at the top where the list would have it */
export function addDocument(document) {
  const { items, collection, query, show, sort, loaded } = $documents.get();
  const elsewhere = collection !== null && collection !== document.collection_id;
  if (loaded && !elsewhere && !query && show === 'all' && sort === 'newest') {
    updateList({ items: [document, ...items.filter(({ id }) => id !== document.id)] });
  }
  keepWatching();
}

/**
 * Keep the list as the server has it: what is in work moves on, and others add and delete.
 * @returns {() => void} stop
 */
export function watchDocuments() {
  watchers += 1;
  updateList({ counts: null });
  document.addEventListener('visibilitychange', keepWatching);
  keepWatching();
  return () => {
    watchers -= 1;
    if (watchers === 0) document.removeEventListener('visibilitychange', keepWatching);
  };
}

/** Ask again in a while, as long as somebody looks or something is in work. */
export function keepWatching() {
  clearTimeout(turn);
  if (document.visibilityState === 'hidden' || (watchers === 0 && !hasWork())) return;
  turn = setTimeout(() => void look(), hasWork() ? SOON : LATER);
}

async function look() {
  try {
    if (hasWork()) await askWork();
    if (watchers > 0) await compare();
  } catch {
    // A server that is away a moment is asked again; the list says it when somebody asks it.
  }
  keepWatching();
}

/** Read the list again when there are others than before in any state. */
async function compare() {
  const { collection, counts, move, state, loaded } = $documents.get();
  if (state === 'loading' || !loaded) return;
  const now = await service.countDocuments(collection);
  if (collection !== $documents.get().collection) return;
  if (JSON.stringify(now.move) !== JSON.stringify(move)) updateList({ move: now.move });
  if (JSON.stringify(now.counts) !== JSON.stringify(counts)) await loadDocuments({ quiet: true });
}

/** @param {Document[]} fresh @returns {Document[]} the same objects where nothing has changed: rows are drawn by them */
function known(fresh) {
  const before = new Map($documents.get().items.map((item) => [item.id, item]));
  return fresh.map((document) => {
    const same = before.get(document.id);
    return same && JSON.stringify(same) === JSON.stringify(document) ? same : document;
  });
}

$news.listen((news) => {
  const byId = new Map(news.map((document) => [document.id, document]));
  const { items } = $documents.get();
  if (items.some(({ id }) => byId.has(id))) {
    updateList({ items: known(items.map((item) => byId.get(item.id) ?? item)) });
  }
  if (news.some((document) => !isWorking(document))) keepWatching();
});
