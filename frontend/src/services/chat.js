import { request, send } from './api_client.js';
import { readEvents } from './event_stream.js';

/** @typedef {import('../shapes.js').Message} Message */
/**
 * @typedef {object} Question
 * @property {string} message
 * @property {string} [conversation_id]
 * @property {string[]} [collection_ids]
 * @property {boolean} [use_cache]
 * @property {string} [regenerate] the answer that the new one replaces
 * @property {string} [question_id] its question, which may not be stored yet
 * @property {string} [until] the last message that gives way with that answer
 */

/**
 * Ask, and read the answer's events as they come. Aborting stops the model.
 * @param {Question} question
 * @param {AbortSignal} signal
 */
export async function* ask(question, signal) {
  const response = await send('/chat', { method: 'POST', body: question, signal });
  if (response.body) yield* readEvents(response.body);
}

/**
 * @param {string} messageId
 * @param {{value: 1 | -1 | 0, comment?: string}} rating 0 takes a thumb back, with its word
 * @param {AbortSignal} [signal]
 * @returns {Promise<Message>}
 */
export function giveFeedback(messageId, rating, signal) {
  return request('/feedback', { method: 'POST', body: { message_id: messageId, ...rating }, signal });
}

/**
 * Tell that a citation was opened: the question may be offered for testing search.
 * @param {string} messageId
 * @param {number} passageId
 */
export function reportOpened(messageId, passageId) {
  return request('/feedback/citations', { method: 'POST', body: { message_id: messageId, passage_id: passageId } });
}
