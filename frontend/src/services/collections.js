import { request, requestPage } from './api_client.js';

/** @typedef {import('../shapes.js').Access} Access */
/** @typedef {import('../shapes.js').Collection} Collection */
/** @typedef {import('../shapes.js').Member} Member */

/** @param {string} id @param {string} [rest] */
const path = (id, rest = '') => `/collections/${encodeURIComponent(id)}${rest}`;

/** @param {AbortSignal} [signal] @returns {Promise<Collection[]>} */
export async function listCollections(signal) {
  const page = await requestPage('/collections', { query: { limit: 200 }, signal });
  return /** @type {Collection[]} */ (page.items);
}

/** @param {string} name @param {AbortSignal} [signal] @returns {Promise<Collection>} */
export function createCollection(name, signal) {
  return request('/collections', { method: 'POST', body: { name }, signal });
}

/** @param {string} id @param {string} name @returns {Promise<Collection>} */
export function renameCollection(id, name) {
  return request(path(id), { method: 'PATCH', body: { name } });
}

/** @param {string} id */
export function deleteCollection(id) {
  return request(path(id), { method: 'DELETE' });
}

/** @param {string} id @param {AbortSignal} [signal] @returns {Promise<Member[]>} */
export async function listMembers(id, signal) {
  const page = await requestPage(path(id, '/members'), { signal });
  return /** @type {Member[]} */ (page.items);
}

/** @param {string} id @param {string} email @param {Access} access @returns {Promise<Member>} */
export function putMember(id, email, access) {
  return request(path(id, '/members'), { method: 'PUT', body: { email, access } });
}

/** @param {string} id @param {string} userId */
export function removeMember(id, userId) {
  return request(path(id, `/members/${encodeURIComponent(userId)}`), { method: 'DELETE' });
}
