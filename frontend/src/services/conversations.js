import { address, request, requestPage } from './api_client.js';

/** @typedef {import('../shapes.js').Conversation} Conversation */
/** @typedef {import('../shapes.js').Message} Message */

/**
 * @param {{q?: string, cursor?: string | null, limit?: number}} query
 * @param {AbortSignal} [signal]
 * @returns {Promise<{items: Conversation[], nextCursor: string | null}>}
 */
export function listConversations(query, signal) {
  return requestPage('/conversations', { query, signal });
}

/** @param {string} id @param {AbortSignal} [signal] @returns {Promise<Conversation>} */
export function fetchConversation(id, signal) {
  return request(`/conversations/${encodeURIComponent(id)}`, { signal });
}

/**
 * @param {string} id
 * @param {{title?: string, pinned?: boolean}} body
 * @param {AbortSignal} [signal]
 * @returns {Promise<Conversation>}
 */
export function changeConversation(id, body, signal) {
  return request(`/conversations/${encodeURIComponent(id)}`, { method: 'PATCH', body, signal });
}

/** @param {string} id @param {{keepalive?: boolean, signal?: AbortSignal}} [options] */
export function deleteConversation(id, options) {
  return request(`/conversations/${encodeURIComponent(id)}`, { method: 'DELETE', ...options });
}

/**
 * Read a conversation's end, or with a cursor what comes before it; within a page the oldest
 * message comes first.
 * @param {string} id
 * @param {{limit: number, cursor?: string | null}} part
 * @param {AbortSignal} signal
 * @returns {Promise<{items: Message[], nextCursor: string | null}>}
 */
export async function fetchMessages(id, part, signal) {
  const query = { order: 'newest', ...part };
  /** @type {{items: Message[], nextCursor: string | null}} */
  const page = await requestPage(`/conversations/${encodeURIComponent(id)}/messages`, { query, signal });
  return { items: page.items.reverse(), nextCursor: page.nextCursor };
}

/** @param {string} id @param {'md' | 'json'} format */
export function exportAddress(id, format) {
  return address(`/conversations/${encodeURIComponent(id)}/export`, { format });
}
