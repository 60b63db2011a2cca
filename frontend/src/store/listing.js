import { atom } from 'nanostores';

import { isAbort, toProblem } from '../utils/problem.js';

/**
 * @template T
 * @typedef {object} Listed
 * @property {T[]} items
 * @property {string | null} next where the list goes on
 * @property {'loading' | 'idle' | 'failed'} state
 * @property {import('../shapes.js').Problem | null} problem
 */

/**
 * A list that is fetched part by part: what was asked for last wins.
 * @template T
 * @template Q
 * @param {(query: Q, cursor: string | null, signal: AbortSignal) => Promise<{items: T[], nextCursor: string | null}>} fetchPart
 */
export function listing(fetchPart) {
  /** @returns {Listed<T>} */
  const nothing = () => ({ items: [], next: null, state: 'loading', problem: null });
  const $list = atom(nothing());
  let reading = new AbortController();
  let asked = /** @type {Q | null} */ (null);

  /** @param {string | null} cursor */
  async function read(cursor) {
    reading.abort();
    const { signal } = (reading = new AbortController());
    $list.set({ ...$list.get(), state: 'loading', problem: null });
    try {
      const { items, nextCursor } = await fetchPart(/** @type {Q} */ (asked), cursor, signal);
      const before = cursor === null ? [] : $list.get().items;
      if (!signal.aborted) $list.set({ items: [...before, ...items], next: nextCursor, state: 'idle', problem: null });
    } catch (error) {
      if (!isAbort(error)) $list.set({ ...$list.get(), state: 'failed', problem: toProblem(error) });
    }
  }

  return {
    $list,
    /** @param {Q} query @param {{quiet?: boolean}} [options] quiet: what is shown stays until the rest has come */
    load(query, { quiet = false } = {}) {
      asked = query;
      if (!quiet) $list.set(nothing());
      return read(null);
    },
    async more() {
      const { next, state } = $list.get();
      if (next && state !== 'loading') await read(next);
    },
    /** Fetch again from the beginning. */
    again: () => read(null),
    /** @param {(items: T[]) => T[]} change */
    change(change) {
      $list.set({ ...$list.get(), items: change($list.get().items) });
    },
    clear() {
      reading.abort();
      $list.set(nothing());
    },
  };
}
