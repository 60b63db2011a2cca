import { atom } from 'nanostores';

import { findPassages } from '../services/search.js';
import { isAbort, toProblem } from '../utils/problem.js';

/** @typedef {import('../shapes.js').Hit} Hit */

const COUNT = 10;

/** Passages to choose the right ones of a question from. */
export const $choice = atom(
  /** @type {{hits: Hit[], state: 'idle' | 'loading' | 'failed', problem: import('../shapes.js').Problem | null, query: string}} */ ({
    hits: [],
    state: 'idle',
    problem: null,
    query: '',
  }),
);
let searching = new AbortController();

/** @param {string} collection @param {string} query without words nothing is searched */
export async function searchPassages(collection, query) {
  searching.abort();
  const { signal } = (searching = new AbortController());
  if (!query) {
    $choice.set({ hits: [], state: 'idle', problem: null, query });
    return;
  }
  $choice.set({ ...$choice.get(), state: 'loading', problem: null, query });
  try {
    const { hits } = await findPassages({ query, mode: 'hybrid', collection, count: COUNT }, signal);
    if (!signal.aborted) $choice.set({ hits, state: 'idle', problem: null, query });
  } catch (error) {
    if (!isAbort(error)) $choice.set({ hits: [], state: 'failed', problem: toProblem(error), query });
  }
}
