import { request } from './api_client.js';

/** @typedef {import('../account_shapes.js').ApiKey} ApiKey */

/** @param {AbortSignal} [signal] @returns {Promise<ApiKey[]>} */
export function listKeys(signal) {
  return request('/keys', { signal });
}

/**
 * @param {import('../account_shapes.js').NewKey} body
 * @param {AbortSignal} [signal]
 * @returns {Promise<ApiKey & {key: string}>} the key itself, this once
 */
export function makeKey(body, signal = AbortSignal.timeout(30_000)) {
  return request('/keys', { method: 'POST', body, signal });
}

/** @param {string} id @param {AbortSignal} [signal] @returns {Promise<null>} */
export function revokeKey(id, signal = AbortSignal.timeout(30_000)) {
  return request(`/keys/${encodeURIComponent(id)}`, { method: 'DELETE', signal });
}
