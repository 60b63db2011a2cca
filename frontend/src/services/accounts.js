import { request } from './api_client.js';

/** @typedef {import('../shapes.js').User} User */
/** @typedef {import('../shapes.js').About} About */

/** @param {AbortSignal} [signal] @returns {Promise<About>} */
export function fetchAbout(signal) {
  return request('/about', { signal });
}

/** @param {AbortSignal} [signal] @returns {Promise<User>} */
export function fetchMe(signal) {
  return request('/auth/me', { signal });
}

/** @param {{email: string, password: string}} body @returns {Promise<User>} */
export function login(body, signal = AbortSignal.timeout(30_000)) {
  return request('/auth/login', { method: 'POST', body, signal });
}

/** @param {{email: string, password: string, name: string, invitation?: string}} body @returns {Promise<User>} */
export function register(body, signal = AbortSignal.timeout(30_000)) {
  return request('/auth/register', { method: 'POST', body, signal });
}

/** @returns {Promise<{sign_out_address: string} | null>} where the identity provider is left too */
export function logout(signal = AbortSignal.timeout(10_000)) {
  return request('/auth/logout', { method: 'POST', signal });
}
