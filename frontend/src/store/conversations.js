import { atom } from 'nanostores';

import * as service from '../services/conversations.js';
import { t } from '../utils/i18n.js';
import { isAbort } from '../utils/problem.js';
import { notifyProblem } from './notices.js';
import { deleteWithUndo, isBeingDeleted } from './undoable.js';

/** @typedef {import('../shapes.js').Conversation} Conversation */
/** @typedef {{items: Conversation[], cursor: string | null, query: string, state: 'idle' | 'loading' | 'failed'}} List */

const PAGE = 50;

export const $conversations = atom(
  /** @type {List} */ ({ items: [], cursor: null, query: '', state: 'idle' }),
);
let loading = new AbortController();

/** @param {Partial<List>} change */
function update(change) {
  $conversations.set({ ...$conversations.get(), ...change });
}

/** Read the first page of what a query finds. */
export async function loadConversations(query = $conversations.get().query) {
  loading.abort();
  loading = new AbortController();
  update({ query, state: 'loading' });
  try {
    const page = await service.listConversations({ q: query, limit: PAGE }, loading.signal);
    update({ items: page.items.filter(({ id }) => !isBeingDeleted(id)), cursor: page.nextCursor, state: 'idle' });
  } catch (error) {
    if (!isAbort(error)) update({ state: 'failed' });
  }
}

export async function loadMoreConversations() {
  const { cursor, query, state } = $conversations.get();
  if (!cursor || state === 'loading') return;
  update({ state: 'loading' });
  try {
    const page = await service.listConversations({ q: query, limit: PAGE, cursor }, loading.signal);
    const { items } = $conversations.get();
    const known = new Set(items.map(({ id }) => id));
    const fresh = page.items.filter(({ id }) => !known.has(id) && !isBeingDeleted(id));
    update({ items: [...items, ...fresh], cursor: page.nextCursor, state: 'idle' });
  } catch (error) {
    if (!isAbort(error)) update({ state: 'failed' });
  }
}

/**
 * Put a conversation's newest state into the list, at its top.
 * @param {string} id
 */
export async function refreshConversation(id) {
  try {
    const fresh = await service.fetchConversation(id);
    const others = $conversations.get().items.filter((item) => item.id !== id);
    update({ items: [fresh, ...others] });
    return fresh;
  } catch {
    return null; // the list is a convenience; the conversation itself says when it is gone
  }
}

/**
 * Change at once, and change back with a message when the server refuses.
 * @param {string} id
 * @param {{title?: string, pinned?: boolean}} change
 */
export async function changeConversation(id, change) {
  const before = $conversations.get().items;
  replace(id, change);
  try {
    replace(id, await service.changeConversation(id, change));
  } catch (error) {
    update({ items: before });
    notifyProblem(error);
  }
}

/** @param {string} id */
export function deleteConversation(id) {
  const before = $conversations.get().items;
  const gone = before.find((item) => item.id === id);
  update({ items: before.filter((item) => item.id !== id) });
  deleteWithUndo({
    id,
    text: t('conversation.deleted', { title: gone?.title ?? '' }),
    remove: (options) => service.deleteConversation(id, options),
    undo: () => void loadConversations(),
  });
}

/** @param {string} id @param {'md' | 'json'} format */
export function exportAddress(id, format) {
  return service.exportAddress(id, format);
}

/** @param {string} id @param {Partial<Conversation>} change */
function replace(id, change) {
  const { items } = $conversations.get();
  update({ items: items.map((item) => (item.id === id ? { ...item, ...change } : item)) });
}
