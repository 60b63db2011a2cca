import { send } from './api_client.js';

/** @typedef {import('../shapes.js').Search} Search */
/** @typedef {import('../shapes.js').SearchResult} SearchResult */

/**
 * @param {Search} search
 * @param {AbortSignal} signal
 * @returns {Promise<SearchResult>}
 */
export async function findPassages({ query, mode, collection, count }, signal) {
  const response = await send('/search', {
    query: { q: query, mode, collection_id: collection, k: count, marks: true },
    signal,
  });
  const { data, degraded, cached, timings } = await response.json();
  return { hits: data, degraded, cached, timings };
}
