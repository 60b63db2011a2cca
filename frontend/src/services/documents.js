import { address, request, requestPage, send } from './api_client.js';
import { readEvents } from './event_stream.js';

/** @typedef {import('../shapes.js').Document} Document */
/** @typedef {import('../shapes.js').DocumentStatus} DocumentStatus */
/** @typedef {import('../shapes.js').EmbedderMove} EmbedderMove */
/** @typedef {import('../shapes.js').Job} Job */
/** @typedef {import('../shapes.js').Passage} Passage */
/** @typedef {import('../shapes.js').Picture} Picture */

/**
 * @param {{collection_id?: string | null, q?: string, status?: string, sort?: string, cursor?: string | null, limit?: number}} query
 * @param {AbortSignal} [signal]
 * @returns {Promise<{items: Document[], nextCursor: string | null}>}
 */
export function listDocuments(query, signal) {
  return requestPage('/documents', { query, signal });
}

/**
 * How many documents are in each state, and how far a move to another embedder has come.
 * @param {string | null} collection
 * @param {AbortSignal} [signal]
 * @returns {Promise<{counts: Record<DocumentStatus, number>, move: EmbedderMove | null}>}
 */
export async function countDocuments(collection, signal) {
  const query = { collection_id: collection };
  const { reembedding: move = null, ...counts } = await request('/indexing/status', { query, signal });
  return { counts, move };
}

/**
 * @param {string} url of a web page
 * @param {string | null} collection
 * @returns {Promise<import('../shapes.js').UploadOutcome[]>} one
 */
export function addWebPage(url, collection) {
  return request('/documents', { method: 'POST', body: { url, collection_id: collection } });
}

/** @param {string} id @param {AbortSignal} [signal] @returns {Promise<Document>} */
export function fetchDocument(id, signal) {
  return request(`/documents/${encodeURIComponent(id)}`, { signal });
}

/** @param {string} id @param {{keepalive?: boolean, signal?: AbortSignal}} [options] */
export function deleteDocument(id, options) {
  return request(`/documents/${encodeURIComponent(id)}`, { method: 'DELETE', ...options });
}

/** @param {string} id @param {AbortSignal} [signal] @returns {Promise<Job>} */
export function retryDocument(id, signal) {
  return request(`/documents/${encodeURIComponent(id)}/retry`, { method: 'POST', signal });
}

/**
 * @param {string} id
 * @param {{around?: number, limit?: number, cursor?: string | null}} query
 * @param {AbortSignal} [signal]
 * @returns {Promise<{items: Passage[], nextCursor: string | null}>}
 */
export function listPassages(id, query, signal) {
  return requestPage(`/documents/${encodeURIComponent(id)}/passages`, { query, signal });
}

/** @param {string} id @param {AbortSignal} [signal] @returns {Promise<Picture[]>} */
export function listPictures(id, signal) {
  return request(`/documents/${encodeURIComponent(id)}/images`, { signal });
}

/** @param {string} id @param {Picture} picture @param {320 | 640 | 1280} width */
export function pictureAddress(id, { n }, width) {
  return address(`/documents/${encodeURIComponent(id)}/images/${n}`, { width });
}

/** @param {string} id @param {'file' | 'text'} [as] */
export function contentAddress(id, as = 'file') {
  return address(`/documents/${encodeURIComponent(id)}/content`, as === 'text' ? { format: 'text' } : {});
}

/** @param {string} id @param {AbortSignal} [signal] @returns {Promise<Job>} */
export function cancelJob(id, signal) {
  return request(`/jobs/${encodeURIComponent(id)}/cancel`, { method: 'POST', signal });
}

/**
 * Follow a job until it has ended.
 * @param {string} id
 * @param {AbortSignal} signal
 * @returns {AsyncGenerator<Job>}
 */
export async function* jobEvents(id, signal) {
  const response = await send(`/jobs/${encodeURIComponent(id)}/events`, { signal });
  if (!response.body) return;
  for await (const { event, data } of readEvents(response.body)) if (event === 'job') yield data;
}
