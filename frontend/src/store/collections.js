import { atom } from 'nanostores';

import * as service from '../services/collections.js';
import { readStored, writeStored } from '../utils/local_storage.js';
import { isUnreachable } from '../utils/problem.js';
import { notifyProblem } from './notices.js';

/** @typedef {import('../shapes.js').Collection} Collection */

export const $collections = atom(/** @type {Collection[]} */ ([]));
/** The collection whose documents are shown and that takes new files; `null` is all. */
export const $chosenCollection = atom(/** @type {string | null} */ (readStored('collection', null)));

export async function loadCollections() {
  try {
    const collections = await service.listCollections();
    $collections.set(collections);
    const chosen = $chosenCollection.get();
    if (chosen && !collections.some(({ id }) => id === chosen)) chooseCollection(null);
  } catch (error) {
    // Without a connection the page says so once, in its banner.
    if (!isUnreachable(error)) notifyProblem(error);
  }
}

/** @param {string | null} id */
export function chooseCollection(id) {
  $chosenCollection.set(id);
  writeStored('collection', id);
}

/** @param {string} name */
export async function createCollection(name) {
  const made = await service.createCollection(name);
  $collections.set([...$collections.get(), made]);
  chooseCollection(made.id);
  return made;
}
