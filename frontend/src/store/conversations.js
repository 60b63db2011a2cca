import { atom } from 'nanostores';

import * as service from '../services/conversations.js';
import { t } from '../utils/i18n.js';
import { isAbort } from '../utils/problem.js';
import { optimistically } from './optimistic.js';
import { onTold, tellTabs } from './tabs.js';
import { deleteWithUndo, isBeingDeleted } from './undoable.js';

/** @typedef {import('../shapes.js').Conversation} Conversation */
/** @typedef {{items: Conversation[], cursor: string | null, query: string, state: 'idle' | 'loading' | 'failed'}} List */

const PAGE = 50;
/** Whoever scrolls on is looking for something old. */
const LATER_PAGE = 200;

export const $conversations = atom(
  /** @type {List} */ ({ items: [], cursor: null, query: '', state: 'idle' }),
);
let loading = new AbortController();
/** How often each was changed: only the last answer tells how it is now. @type {Map<string, number>} */
const turns = new Map();
/** Those that another tab is about to delete. @type {Set<string>} */
const hiddenElsewhere = new Set();

/** @param {Partial<List>} change */
function update(change) {
  $conversations.set({ ...$conversations.get(), ...change });
}

/** @param {Conversation} conversation */
function isListed({ id }) {
  return !isBeingDeleted(id) && !hiddenElsewhere.has(id);
}

/** Read the first page of what a query finds. */
export async function loadConversations(query = $conversations.get().query) {
  loading.abort();
  loading = new AbortController();
  update({ query, state: 'loading' });
  try {
    const page = await service.listConversations({ q: query, limit: PAGE }, loading.signal);
    update({ items: page.items.filter(isListed), cursor: page.nextCursor, state: 'idle' });
  } catch (error) {
    if (!isAbort(error)) update({ state: 'failed' });
  }
}

export async function loadMoreConversations() {
  const { cursor, query, state } = $conversations.get();
  if (!cursor || state === 'loading') return;
  update({ state: 'loading' });
  try {
    const page = await service.listConversations({ q: query, limit: LATER_PAGE, cursor }, loading.signal);
    const { items } = $conversations.get();
    const known = new Set(items.map(({ id }) => id));
    const fresh = page.items.filter((item) => !known.has(item.id) && isListed(item));
    update({ items: [...items, ...fresh], cursor: page.nextCursor, state: 'idle' });
  } catch (error) {
    if (!isAbort(error)) update({ state: 'failed' });
  }
}

/**
 * Put a conversation's newest state into the list, here and in other tabs.
 * @param {string} id
 */
export async function refreshConversation(id) {
  try {
    const fresh = await service.fetchConversation(id);
    place(fresh);
    tellTabs('conversation', fresh);
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
  const before = find(id);
  if (!before) return;
  const turn = (turns.get(id) ?? 0) + 1;
  turns.set(id, turn);
  const after = await optimistically({
    show: () => replace(id, change),
    send: () => service.changeConversation(id, change),
    takeBack: () => {
      // What has been changed once more since stays as it is.
      if (turns.get(id) === turn) replace(id, { title: before.title, pinned: before.pinned });
    },
  });
  if (!after) return;
  if (turns.get(id) === turn) replace(id, after);
  tellTabs('conversation', after);
}

/** @param {string} id */
export function deleteConversation(id) {
  const gone = find(id);
  hide(id);
  tellTabs('hidden', id);
  deleteWithUndo({
    id,
    text: t('conversation.deleted', { title: gone?.title ?? '' }),
    remove: async (options) => {
      await service.deleteConversation(id, options);
      tellTabs('deleted', id);
    },
    undo: () => {
      if (!gone) return;
      place(gone);
      tellTabs('shown', gone);
    },
  });
}

/** @param {string} id @param {'md' | 'json'} format */
export function exportAddress(id, format) {
  return service.exportAddress(id, format);
}

/** @param {string} id */
function find(id) {
  return $conversations.get().items.find((item) => item.id === id);
}

/** @param {string} id @param {Partial<Conversation>} change */
function replace(id, change) {
  const { items } = $conversations.get();
  update({ items: items.map((item) => (item.id === id ? { ...item, ...change } : item)) });
}

/** @param {string} id */
function hide(id) {
  update({ items: $conversations.get().items.filter((item) => item.id !== id) });
}

/** Put a conversation where the server would list it. @param {Conversation} conversation */
function place(conversation) {
  if (!isListed(conversation)) return;
  const { items, query } = $conversations.get();
  // What a search finds is the server's to say.
  if (query && !find(conversation.id)) return;
  const others = items.filter(({ id }) => id !== conversation.id);
  const at = others.findIndex((other) => isBefore(conversation, other));
  update({ items: at < 0 ? [...others, conversation] : others.toSpliced(at, 0, conversation) });
}

/** @param {Conversation} one @param {Conversation} other */
function isBefore(one, other) {
  if (one.pinned !== other.pinned) return one.pinned;
  if (one.updated_at !== other.updated_at) return one.updated_at > other.updated_at;
  return one.id > other.id;
}

onTold('conversation', place);
onTold('hidden', (id) => {
  hiddenElsewhere.add(id);
  hide(id);
});
onTold('shown', (conversation) => {
  hiddenElsewhere.delete(conversation.id);
  place(conversation);
});
