import { atom } from 'nanostores';

import * as service from '../services/documents.js';
import { t } from '../utils/i18n.js';
import { loadCollections } from './collections.js';
import { $documents, keepWatching, loadDocuments, updateList } from './documents.js';
import { notifyProblem } from './notices.js';
import { deleteWithUndo } from './undoable.js';
import { followClosely, forgetWork, seen } from './work.js';

/** @typedef {import('../shapes.js').Document} Document */

const AT_ONCE = 4;

/** The documents that are chosen, to be dealt with together. */
export const $chosen = atom(/** @type {ReadonlySet<string>} */ (new Set()));

/** @param {string[]} ids @param {boolean} chosen */
export function choose(ids, chosen) {
  const after = new Set($chosen.get());
  for (const id of ids) {
    if (chosen) after.add(id);
    else after.delete(id);
  }
  $chosen.set(after);
}

export function chooseNone() {
  if ($chosen.get().size > 0) $chosen.set(new Set());
}

/** @param {string} id */
export async function retryDocument(id) {
  const before = $documents.get().items.find((item) => item.id === id);
  // Until its new job is known there is none that could be cancelled.
  change(id, { status: 'queued', progress: 0, error: null, job_id: null });
  try {
    const job = await service.retryDocument(id);
    const after = change(id, { job_id: job.id });
    if (after) void followClosely(seen([after])[0]);
    keepWatching();
  } catch (error) {
    if (before) change(id, before);
    notifyProblem(error);
    void loadDocuments({ quiet: true });
  }
}

/** @param {Document} document */
export async function cancelDocument({ id, job_id: job }) {
  if (!job) return;
  try {
    // One that is being worked at ends at its next step, and is waited for.
    const { status, progress, error } = await service.cancelJob(job);
    const after = change(id, { status, progress, error });
    if (after) seen([after]);
    keepWatching();
  } catch (error) {
    notifyProblem(error);
    void loadDocuments({ quiet: true });
  }
}

/** @param {string[]} ids delete them, with one undo for all */
export function deleteDocuments(ids) {
  const { items } = $documents.get();
  const all = new Set(ids);
  const [first] = items.filter(({ id }) => all.has(id));
  updateList({ items: items.filter(({ id }) => !all.has(id)) });
  choose(ids, false);
  deleteWithUndo({
    ids,
    text: ids.length === 1 ? t('document.deleted', { title: first?.title ?? '' }) : t('documents.deleted', { count: ids.length }),
    remove: async (options) => {
      await removeAll(ids, options);
      for (const id of ids) forgetWork(id);
      void loadCollections();
      void loadDocuments({ quiet: true });
    },
    undo: () => void loadDocuments({ quiet: true }),
  });
}

/**
 * A few at a time; but all at once when the page is being left.
 * @param {string[]} ids
 * @param {{keepalive?: boolean}} options
 */
async function removeAll(ids, options) {
  const waiting = [...ids];
  /** @type {unknown} */
  let refusal = null;
  const work = async () => {
    for (let id = waiting.shift(); id; id = waiting.shift()) {
      try {
        await service.deleteDocument(id, options);
      } catch (error) {
        const gone = /** @type {{status?: number}} */ (error).status === 404;
        if (!gone) refusal = error;
      }
    }
  };
  const workers = options.keepalive ? ids.length : AT_ONCE;
  await Promise.all(Array.from({ length: workers }, work));
  if (refusal) throw refusal;
}

/** @param {string} id @param {Partial<Document>} values @returns {Document | null} what it was changed to */
function change(id, values) {
  const { items } = $documents.get();
  updateList({ items: items.map((item) => (item.id === id ? { ...item, ...values } : item)) });
  return $documents.get().items.find((item) => item.id === id) ?? null;
}
