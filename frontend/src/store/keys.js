import { atom } from 'nanostores';

import * as service from '../services/keys.js';
import { isAbort, toProblem } from '../utils/problem.js';

/** @typedef {import('../account_shapes.js').ApiKey} ApiKey */
/** @typedef {{items: ApiKey[], state: 'loading' | 'idle' | 'failed', problem: import('../shapes.js').Problem | null}} ApiKeys */

/** One's own keys, the newest first; never their secrets. */
export const $keys = atom(/** @type {ApiKeys} */ ({ items: [], state: 'loading', problem: null }));
let reading = new AbortController();

export async function loadKeys() {
  reading.abort();
  const { signal } = (reading = new AbortController());
  $keys.set({ ...$keys.get(), state: 'loading', problem: null });
  try {
    $keys.set({ items: await service.listKeys(signal), state: 'idle', problem: null });
  } catch (error) {
    if (!isAbort(error)) $keys.set({ ...$keys.get(), state: 'failed', problem: toProblem(error) });
  }
}

/**
 * Make a key. Its secret is the caller's to show, and is kept nowhere.
 * @param {import('../account_shapes.js').NewKey} wanted
 * @returns {Promise<string>} a refusal is thrown
 */
export async function makeKey(wanted) {
  const { key, ...made } = await service.makeKey(wanted);
  $keys.set({ ...$keys.get(), items: [made, ...$keys.get().items] });
  return key;
}

/** @param {string} id @returns {Promise<void>} a refusal is thrown */
export async function revokeKey(id) {
  try {
    await service.revokeKey(id);
  } catch (error) {
    if (toProblem(error).error_code !== 'KEY_NOT_FOUND') throw error; // it has ended: that was wanted
  }
  $keys.set({ ...$keys.get(), items: $keys.get().items.filter((item) => item.id !== id) });
}
