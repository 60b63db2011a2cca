import { atom } from 'nanostores';

import { findPassages } from '../services/search.js';
import { isAbort, toProblem } from '../utils/problem.js';

/** @typedef {import('../shapes.js').Problem} Problem */
/** @typedef {import('../shapes.js').Search} Search */
/** @typedef {import('../shapes.js').SearchResult} SearchResult */
/** @typedef {{asked: Search | null, result: SearchResult | null, state: 'idle' | 'loading' | 'failed', problem: Problem | null}} Found */

const NOTHING = /** @type {Found} */ ({ asked: null, result: null, state: 'idle', problem: null });

/** What the search page shows: the last result stays until the next one comes. */
export const $search = atom(NOTHING);
let searching = new AbortController();

/**
 * Find passages. Whatever was being searched before is no longer waited for.
 * @param {Search} asked without a query nothing is shown
 */
export async function search(asked) {
  searching.abort();
  searching = new AbortController();
  const { signal } = searching;
  if (asked.query === '') {
    $search.set(NOTHING);
    return;
  }
  $search.set({ ...$search.get(), asked, state: 'loading', problem: null });
  try {
    const result = await findPassages(asked, signal);
    if (signal.aborted) return;
    $search.set({ asked, result, state: 'idle', problem: null });
  } catch (error) {
    if (!isAbort(error)) $search.set({ asked, result: null, state: 'failed', problem: toProblem(error) });
  }
}
