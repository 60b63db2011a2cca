import { atom } from 'nanostores';

import * as service from '../services/folders.js';
import { pollWhileVisible } from '../utils/poll_visible.js';
import { isAbort, toProblem } from '../utils/problem.js';

/** @typedef {import('../shapes.js').Problem} Problem */
/** @typedef {import('../shapes.js').WatchedFolder} WatchedFolder */
/** @typedef {{collection: string | null, items: WatchedFolder[], state: 'idle' | 'loading' | 'failed', problem: Problem | null}} Folders */

/** The server's folders that a collection follows. `problem` is why the last change was not made. */
export const $folders = atom(/** @type {Folders} */ ({ collection: null, items: [], state: 'idle', problem: null }));
const AGAIN = 3000;
let loading = new AbortController();

/** @param {string} collection */
export async function loadFolders(collection) {
  loading.abort();
  loading = new AbortController();
  const { signal } = loading;
  $folders.set({ collection, items: [], state: 'loading', problem: null });
  try {
    update({ items: await service.listFolders(collection, signal), state: 'idle' });
  } catch (error) {
    if (!isAbort(error)) update({ state: 'failed', problem: toProblem(error) });
  }
}

/** Look every few seconds how many files there are by now. @returns {() => void} stop */
export function watchFolders() {
  return pollWhileVisible(look, AGAIN);
}

/** @param {AbortSignal} signal */
async function look(signal) {
  const { collection, state } = $folders.get();
  if (!collection || state !== 'idle') return;
  try {
    const items = await service.listFolders(collection, signal);
    if ($folders.get().collection === collection) update({ items });
  } catch {
    // What is shown stays; the next look may find the server back.
  }
}

/** @param {string} path @returns {Promise<boolean>} whether it is followed now */
export async function addFolder(path) {
  const { collection } = $folders.get();
  if (!collection) return false;
  update({ problem: null });
  try {
    const added = await service.watchFolder(collection, path);
    update({ items: [...$folders.get().items.filter(({ id }) => id !== added.id), added] });
    return true;
  } catch (error) {
    update({ problem: toProblem(error) });
    return false;
  }
}

/** @param {string} id */
export async function removeFolder(id) {
  const { collection, items: before } = $folders.get();
  if (!collection) return;
  update({ items: before.filter((folder) => folder.id !== id), problem: null });
  try {
    await service.stopWatching(collection, id);
  } catch (error) {
    if ($folders.get().collection === collection) update({ items: before, problem: toProblem(error) });
  }
}

/** @param {Partial<Folders>} values */
function update(values) {
  $folders.set({ ...$folders.get(), ...values });
}
