import { request } from './api_client.js';

/** @typedef {import('../account_shapes.js').OwnSession} OwnSession */
/** @typedef {import('../shapes.js').User} User */

/** @param {string} name @param {AbortSignal} [signal] @returns {Promise<User>} */
export function rename(name, signal = AbortSignal.timeout(30_000)) {
  return request('/auth/me', { method: 'PATCH', body: { name }, signal });
}

/** @param {{current: string, new: string}} body @param {AbortSignal} [signal] @returns {Promise<User>} */
export function changePassword(body, signal = AbortSignal.timeout(30_000)) {
  return request('/auth/password', { method: 'POST', body, signal });
}

/** @param {AbortSignal} [signal] @returns {Promise<OwnSession[]>} */
export function listSessions(signal) {
  return request('/auth/sessions', { signal });
}

/** @param {string} id @param {AbortSignal} [signal] @returns {Promise<null>} */
export function endSession(id, signal = AbortSignal.timeout(30_000)) {
  return request(`/auth/sessions/${encodeURIComponent(id)}`, { method: 'DELETE', signal });
}

/** @param {AbortSignal} [signal] @returns {Promise<{ended: number}>} */
export function endOtherSessions(signal = AbortSignal.timeout(30_000)) {
  return request('/auth/sessions/end-others', { method: 'POST', signal });
}
