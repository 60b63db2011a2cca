import { atom } from 'nanostores';

import * as service from '../services/evaluation.js';
import { pollWhileVisible } from '../utils/poll_visible.js';
import { isAbort } from '../utils/problem.js';
import { listing } from './listing.js';

/** @typedef {import('../evaluation_shapes.js').Change} Change */
/** @typedef {import('../evaluation_shapes.js').Run} Run */
/** @typedef {import('../evaluation_shapes.js').SearchSettings} SearchSettings */

const LOOK_MILLISECONDS = 1000;
const PART = 50;

const runs = listing((/** @type {string} */ collection, cursor, signal) =>
  service.listRuns({ collection_id: collection, cursor, limit: 20 }, signal),
);
const results = listing((/** @type {{run: string, change: Change | 'all'}} */ { run, change }, cursor, signal) =>
  service.listResults(run, { change, cursor, limit: PART }, signal),
);
export const $runs = runs.$list;
export const $results = results.$list;
/** Which run is shown, and which of its results. */
export const $shown = atom(/** @type {{run: string | null, change: Change | 'all'}} */ ({ run: null, change: 'all' }));

/** @param {Run} run */
export const isUnderWay = ({ status }) => status === 'queued' || status === 'running';

/** @param {string} collection */
export async function loadRuns(collection) {
  $shown.set({ run: null, change: 'all' });
  results.clear();
  await runs.load(collection);
  const [newest] = $runs.get().items;
  if (newest) showRun(newest.id);
}

export const reloadRuns = () => runs.again();

export function clearRuns() {
  runs.clear();
  results.clear();
}

/** @param {string} id @param {Change | 'all'} [change] */
export function showRun(id, change = 'all') {
  const quiet = $shown.get().run === id;
  $shown.set({ run: id, change });
  const run = $runs.get().items.find((item) => item.id === id);
  if (run?.status === 'done') void results.load({ run: id, change }, { quiet });
  else results.clear();
}

export const moreResults = () => results.more();
export const reloadResults = () => results.again();

/** @param {string} collection @param {SearchSettings} settings */
export async function startRun(collection, settings) {
  const run = await service.startRun({ collection_id: collection, ...settings });
  runs.change((items) => [run, ...items]);
  showRun(run.id);
}

/** @param {Run} run */
export async function cancelRun({ id }) {
  put(await service.cancelRun(id));
}

/** @param {Run} run */
export async function deleteRun({ id }) {
  await service.deleteRun(id);
  runs.change((items) => items.filter((item) => item.id !== id));
  const [newest] = $runs.get().items;
  if ($shown.get().run !== id) return;
  if (newest) showRun(newest.id);
  else $shown.set({ run: null, change: 'all' });
}

/**
 * Follow the runs that have not ended.
 * @returns {() => void} stop
 */
export function watchRuns() {
  return pollWhileVisible(async (signal) => {
    for (const run of $runs.get().items.filter(isUnderWay)) {
      try {
        put(await service.fetchRun(run.id, signal));
      } catch (error) {
        // A server that is away for a moment is asked again; that nothing moves tells, too.
        if (isAbort(error)) return;
      }
    }
  }, LOOK_MILLISECONDS);
}

/** @param {Run} run */
function put(run) {
  runs.change((items) => items.map((item) => (item.id === run.id ? run : item)));
  const { run: shown, change } = $shown.get();
  if (shown === run.id && !isUnderWay(run)) showRun(run.id, change);
}
