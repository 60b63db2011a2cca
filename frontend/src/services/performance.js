import { request } from './api_client.js';

/** @typedef {import('../shapes.js').PerformanceReport} PerformanceReport */
/** @typedef {import('../shapes.js').RangeName} RangeName */

/** @param {RangeName} range @param {AbortSignal} [signal] @returns {Promise<PerformanceReport>} */
export function fetchPerformance(range, signal) {
  return request('/performance', { query: { range }, signal });
}
