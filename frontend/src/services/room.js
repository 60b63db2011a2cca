import { request } from './api_client.js';

/** @typedef {{bytes: number, documents: number, most_bytes: number, most_documents: number}} Room */

/**
 * How much the collections hold that one owns, and may hold; 0 is no limit.
 * @param {AbortSignal} [signal]
 * @returns {Promise<Room>}
 */
export function readRoom(signal) {
  return request('/usage', { signal });
}
