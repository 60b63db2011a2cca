import { request, requestPage } from './api_client.js';

/** @typedef {import('../shapes.js').WatchedFolder} WatchedFolder */

/** @param {string} collection @param {string} [rest] */
const path = (collection, rest = '') => `/collections/${encodeURIComponent(collection)}/folders${rest}`;

/** @param {string} collection @param {AbortSignal} [signal] @returns {Promise<WatchedFolder[]>} */
export async function listFolders(collection, signal) {
  const page = await requestPage(path(collection), { signal });
  return /** @type {WatchedFolder[]} */ (page.items);
}

/** @param {string} collection @param {string} folder @returns {Promise<WatchedFolder>} */
export function watchFolder(collection, folder) {
  return request(path(collection), { method: 'POST', body: { path: folder } });
}

/** @param {string} collection @param {string} id */
export function stopWatching(collection, id) {
  return request(path(collection, `/${encodeURIComponent(id)}`), { method: 'DELETE' });
}
