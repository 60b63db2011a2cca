import { address, requestPage } from './api_client.js';

/** @typedef {import('../account_shapes.js').AuditEvent} AuditEvent */
/** @typedef {import('../account_shapes.js').AuditFilter} AuditFilter */

/** @param {AuditFilter} filter @param {string | null} cursor @param {AbortSignal} [signal] @returns {Promise<{items: AuditEvent[], nextCursor: string | null}>} */
export function listEvents(filter, cursor, signal) {
  return requestPage('/audit', { query: { ...filter, cursor }, signal });
}

/** @param {AuditFilter} filter @param {'csv' | 'jsonl'} format */
export function exportAddress(filter, format) {
  return address('/audit/export', { ...filter, format });
}
