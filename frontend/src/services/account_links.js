import { request } from './api_client.js';

/** @param {string} token @param {AbortSignal} [signal] @returns {Promise<{email: string | null, role: string, expires_at: string}>} */
export function fetchInvitation(token, signal) {
  return request(`/invitations/${encodeURIComponent(token)}`, { signal });
}

/** @param {string} token @param {AbortSignal} [signal] @returns {Promise<{email: string, name: string}>} */
export function fetchReset(token, signal) {
  return request(`/auth/reset/${encodeURIComponent(token)}`, { signal });
}

/** @param {{token: string, password: string}} body @returns {Promise<import('../shapes.js').User>} */
export function resetPassword(body, signal = AbortSignal.timeout(30_000)) {
  return request('/auth/reset', { method: 'POST', body, signal });
}
