import { request, requestPage } from './api_client.js';

/** @typedef {import('../account_shapes.js').Invitation} Invitation */
/** @typedef {import('../account_shapes.js').OneTimeLink} OneTimeLink */
/** @typedef {import('../account_shapes.js').Person} Person */
/** @typedef {import('../shapes.js').Role} Role */

/** @param {string} id @param {string} [rest] */
const user = (id, rest = '') => `/users/${encodeURIComponent(id)}${rest}`;
const soon = () => AbortSignal.timeout(30_000);

/** @param {string} q @param {string | null} cursor @param {AbortSignal} [signal] @returns {Promise<{items: Person[], nextCursor: string | null}>} */
export function listPeople(q, cursor, signal) {
  return requestPage('/users', { query: { q, cursor }, signal });
}

/** @param {string} id @param {{name?: string, role?: Role, suspended?: boolean}} body @returns {Promise<Person>} */
export function changePerson(id, body) {
  return request(user(id), { method: 'PATCH', body, signal: soon() });
}

/** @param {string} id @param {string} heir who takes over the collections; empty: nobody @returns {Promise<null>} */
export function deletePerson(id, heir) {
  return request(user(id), { method: 'DELETE', query: { hand_over_to: heir }, signal: soon() });
}

/** @param {string} id @returns {Promise<OneTimeLink>} */
export function makeResetLink(id) {
  return request(user(id, '/password-reset'), { method: 'POST', signal: soon() });
}

/** @param {AbortSignal} [signal] @returns {Promise<Invitation[]>} */
export function listInvitations(signal) {
  return request('/invitations', { signal });
}

/** @param {{email?: string, role: Role}} body @returns {Promise<Invitation & OneTimeLink>} */
export function invite(body) {
  return request('/invitations', { method: 'POST', body, signal: soon() });
}

/** @param {string} id @returns {Promise<null>} */
export function withdrawInvitation(id) {
  return request(`/invitations/${encodeURIComponent(id)}`, { method: 'DELETE', signal: soon() });
}
