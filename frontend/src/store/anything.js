import { atom } from 'nanostores';

import { listConversations } from '../services/conversations.js';
import { listDocuments } from '../services/documents.js';
import { isAbort } from '../utils/problem.js';

/** @typedef {import('../shapes.js').Conversation} Conversation */
/** @typedef {import('../shapes.js').Document} Document */
/** @typedef {{query: string, conversations: Conversation[], documents: Document[], state: 'idle' | 'loading' | 'failed'}} Anything */

const SHOWN = 5;
const NOTHING = /** @type {Anything} */ ({ query: '', conversations: [], documents: [], state: 'idle' });

/** Conversations and documents that have to do with what is typed into the command palette. */
export const $anything = atom(NOTHING);
let finding = new AbortController();

/** @param {string} query */
export async function findAnything(query) {
  finding.abort();
  finding = new AbortController();
  const { signal } = finding;
  if (query === '') {
    $anything.set(NOTHING);
    return;
  }
  $anything.set({ ...$anything.get(), query, state: 'loading' });
  const asked = { q: query, limit: SHOWN };
  try {
    const [conversations, documents] = await Promise.all([
      listConversations(asked, signal),
      listDocuments(asked, signal),
    ]);
    if (signal.aborted) return;
    $anything.set({ query, conversations: conversations.items, documents: documents.items, state: 'idle' });
  } catch (error) {
    if (!isAbort(error)) $anything.set({ ...NOTHING, query, state: 'failed' });
  }
}
