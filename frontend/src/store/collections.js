import { atom, computed } from 'nanostores';

import * as service from '../services/collections.js';
import { t } from '../utils/i18n.js';
import { readStored, writeStored } from '../utils/local_storage.js';
import { isUnreachable } from '../utils/problem.js';
import { notify, notifyProblem } from './notices.js';

/** @typedef {import('../shapes.js').Collection} Collection */

export const $collections = atom(/** @type {Collection[]} */ ([]));
/** The collection whose documents are shown and that takes new files; `null` is all. */
export const $chosenCollection = atom(/** @type {string | null} */ (readStored('collection', null)));

/** Where new files go: into the chosen collection, or as the server does it, the first own one. */
export const $intake = computed([$collections, $chosenCollection], (collections, chosen) => {
  const named = collections.find(({ id }) => id === chosen);
  return named ?? collections.find(({ access }) => access === 'owner') ?? null;
});

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

/**
 * Rename at once, and back again when the server refuses, which is thrown.
 * @param {string} id
 * @param {string} name
 */
export async function renameCollection(id, name) {
  const before = $collections.get().find((item) => item.id === id)?.name ?? '';
  change(id, { name });
  try {
    change(id, await service.renameCollection(id, name));
  } catch (error) {
    change(id, { name: before });
    throw error;
  }
}

/** @param {string} id take it away with all that is in it; a refusal is thrown */
export async function deleteCollection(id) {
  const gone = $collections.get().find((item) => item.id === id);
  await service.deleteCollection(id);
  drop(id);
  notify({ text: t('collection.deleted', { name: gone?.name ?? '' }) });
}

/** @param {string} id one that can no longer be seen */
export function drop(id) {
  $collections.set($collections.get().filter((item) => item.id !== id));
  if ($chosenCollection.get() === id) chooseCollection(null);
}

/** @param {string} id @param {Partial<Collection>} values */
function change(id, values) {
  $collections.set($collections.get().map((item) => (item.id === id ? { ...item, ...values } : item)));
}
