import { request, requestPage } from './api_client.js';

/** @typedef {import('../evaluation_shapes.js').EvaluationOverview} EvaluationOverview */
/** @typedef {import('../evaluation_shapes.js').Offer} Offer */
/** @typedef {import('../evaluation_shapes.js').Run} Run */
/** @typedef {import('../evaluation_shapes.js').RunResult} RunResult */
/** @typedef {import('../evaluation_shapes.js').SearchSettings} SearchSettings */
/** @typedef {import('../evaluation_shapes.js').TestQuestion} TestQuestion */
/** @typedef {import('./api_client.js').Query} Query */
/**
 * @template T
 * @typedef {Promise<{items: T[], nextCursor: string | null}>} Part
 */

/** @param {string} kind @param {string} id @param {string} [rest] */
const path = (kind, id, rest = '') => `/evaluation/${kind}/${encodeURIComponent(id)}${rest}`;

/** @param {string} collection @param {AbortSignal} [signal] @returns {Promise<EvaluationOverview>} */
export function fetchOverview(collection, signal) {
  return request('/evaluation', { query: { collection_id: collection }, signal });
}

/** @param {Query} query @param {AbortSignal} [signal] @returns {Part<TestQuestion>} */
export function listQuestions(query, signal) {
  return requestPage('/evaluation/questions', { query, signal });
}

/** @param {{collection_id: string, text: string, passage_ids: number[]}} body @returns {Promise<TestQuestion>} */
export function addQuestion(body) {
  return request('/evaluation/questions', { method: 'POST', body });
}

/** @param {string} id @param {{text: string, passage_ids?: number[]}} body @returns {Promise<TestQuestion>} */
export function changeQuestion(id, body) {
  return request(path('questions', id), { method: 'PATCH', body });
}

/** @param {string} id */
export function deleteQuestion(id) {
  return request(path('questions', id), { method: 'DELETE' });
}

/** @param {Query} query @param {AbortSignal} [signal] @returns {Part<Offer>} */
export function listOffers(query, signal) {
  return requestPage('/evaluation/offers', { query, signal });
}

/** @param {string} id of the answer @param {{collection_id: string, passage_ids: number[]}} body @returns {Promise<TestQuestion>} */
export function acceptOffer(id, body) {
  return request(path('offers', id), { method: 'POST', body });
}

/** @param {string} id of the answer */
export function dismissOffer(id) {
  return request(path('offers', id), { method: 'DELETE' });
}

/**
 * @param {string} name the new collection's
 * @param {File[]} files one ZIP, or the three files of a test set
 * @returns {Promise<{collection_id: string, name: string, documents: number, questions: number}>}
 */
export function importTestSet(name, files) {
  const form = new FormData();
  form.append('name', name);
  for (const file of files) form.append('files', file, file.name);
  return request('/evaluation/imports', { method: 'POST', body: form });
}

/** @param {Query} query @param {AbortSignal} [signal] @returns {Part<Run>} */
export function listRuns(query, signal) {
  return requestPage('/evaluation/runs', { query, signal });
}

/** @param {SearchSettings & {collection_id: string}} body @returns {Promise<Run>} */
export function startRun(body) {
  return request('/evaluation/runs', { method: 'POST', body });
}

/** @param {string} id @param {AbortSignal} [signal] @returns {Promise<Run>} */
export function fetchRun(id, signal) {
  return request(path('runs', id), { signal });
}

/** @param {string} id @returns {Promise<Run>} */
export function cancelRun(id) {
  return request(path('runs', id, '/cancel'), { method: 'POST' });
}

/** @param {string} id */
export function deleteRun(id) {
  return request(path('runs', id), { method: 'DELETE' });
}

/** @param {string} id @param {Query} query @param {AbortSignal} [signal] @returns {Part<RunResult>} */
export function listResults(id, query, signal) {
  return requestPage(path('runs', id, '/results'), { query, signal });
}
