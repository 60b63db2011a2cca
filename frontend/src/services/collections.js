import { request, requestPage } from './api_client.js';

/** @typedef {import('../shapes.js').Collection} Collection */

/** @param {AbortSignal} [signal] @returns {Promise<Collection[]>} */
export async function listCollections(signal) {
  const page = await requestPage('/collections', { query: { limit: 200 }, signal });
  return /** @type {Collection[]} */ (page.items);
}

/** @param {string} name @param {AbortSignal} [signal] @returns {Promise<Collection>} */
export function createCollection(name, signal) {
  return request('/collections', { method: 'POST', body: { name }, signal });
}
