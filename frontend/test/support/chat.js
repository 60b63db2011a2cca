/** Conversations under test, and what a server streams into them. */

import { openBrowser } from './browser.js';

/** @typedef {import('../../src/store/chat_thread.js').ChatThread} ChatThread */

export const META = { conversation_id: 'v1', message_id: 'm1', model: 'tiny', cached: false, degraded: [] };
export const SOURCE = { n: 1, document_id: 'd', title: 't', page: 1, heading: null, passage_id: 7, text: 'abc', start: 0, end: 3, score: 1 };
export const CITATION = { n: 1, passage_id: 7, quote: 'b', start: 1, end: 2 };
/** @type {[string, object][]} */
export const WHOLE = [
  ['meta', META],
  ['sources', { sources: [SOURCE] }],
  ['token', { text: '안녕' }],
  ['token', { text: ' [1]' }],
  ['done', { message_id: 'm1', citations: [CITATION], usage: {}, timings: { total_ms: 3 } }],
];

/** @type {typeof import('../../src/store/chat_thread.js')} */
let store;
/** @type {ChatThread[]} */
const threads = [];

export async function loadThreads() {
  openBrowser();
  store = await import('../../src/store/chat_thread.js');
}

/** @param {string | null} [id] */
export function thread(id = null) {
  const made = new store.ChatThread(id, () => {});
  threads.push(made);
  return made;
}

/** One whose stream broke looks for the rest. */
export function closeThreads() {
  for (const made of threads.splice(0)) made.close();
}

/** @param {ChatThread} of */
export const lastOf = (of) => /** @type {import('../../src/shapes.js').Message} */ (of.$state.get().messages.at(-1));
/** @param {ChatThread} of */
export const idsOf = (of) => of.$state.get().messages.map(({ id }) => id).join('');
