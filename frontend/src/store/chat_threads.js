import { atom } from 'nanostores';

import { readStored, writeStored } from '../utils/local_storage.js';
import { ChatThread } from './chat_thread.js';
import { refreshConversation } from './conversations.js';
import { onTold, tellTabs } from './tabs.js';

const KEPT = 12;

/** @type {Map<string, ChatThread>} the most recently opened last */
const threads = new Map();
/** The conversation on the screen. */
export const $openThread = atom(newThread());

/**
 * Open a conversation, or an empty one. One that has been read is shown at once.
 * @param {string | null} id
 * @returns {ChatThread}
 */
export function openThread(id) {
  const open = $openThread.get();
  if (id && open.id === id) return open;
  const known = id ? threads.get(id) : null;
  const thread = known ?? new ChatThread(id, onBegun, onEnded);
  if (id) remember(id, thread);
  if (!known) void thread.load();
  $openThread.set(thread);
  return thread;
}

/**
 * A conversation in which nothing is being asked, read to its end; `null` begins one.
 * @param {string | null} id
 * @returns {Promise<ChatThread>}
 * @throws the problem, when it cannot be read
 */
export async function threadToAsk(id) {
  const open = $openThread.get();
  const blank = open.id === null && open.$state.get().messages.length === 0 ? open : newThread();
  const thread = id === null ? blank : (threads.get(id) ?? new ChatThread(id, onBegun, onEnded));
  if (id !== null && !threads.has(id)) remember(id, thread);
  if (id !== null && thread.$state.get().state !== 'asking' && thread.$state.get().state !== 'idle') await thread.load();
  while (thread.$state.get().state === 'asking') await nextChange(thread);
  const { state, problem } = thread.$state.get();
  if (state === 'failed' && problem) throw { ...problem, code: problem.error_code };
  return thread;
}

/** @param {ChatThread} thread */
function nextChange(thread) {
  return new Promise((resolve) => {
    const stop = thread.$state.listen(() => resolve(stop()));
  });
}

/** @param {string | null} id */
export function readDraft(id) {
  return readStored(`draft.${id ?? 'new'}`, '');
}

/**
 * @param {string | null} id
 * @param {string} text
 */
export function writeDraft(id, text) {
  writeStored(`draft.${id ?? 'new'}`, text === '' ? null : text);
}

function newThread() {
  return new ChatThread(null, onBegun, onEnded);
}

/** @param {ChatThread} thread */
function onBegun(thread) {
  const id = /** @type {string} */ (thread.id);
  remember(id, thread);
  void refreshConversation(id);
}

/** The server stores what had come of an answer when it notices that its reader has gone. */
const NOTICED = 3000;

/** @param {ChatThread} thread @param {import('../shapes.js').Message} answer */
function onEnded(thread, { status }) {
  const id = /** @type {string} */ (thread.id);
  const tell = () => {
    void refreshConversation(id);
    tellTabs('said', id);
    // What was to give way stays where nothing came in its place.
    if (status !== 'complete' && thread.hasCut) void thread.refresh();
  };
  if (status === 'complete') tell();
  else setTimeout(tell, NOTICED);
}

onTold('said', (id) => void threads.get(id)?.refresh());
onTold('deleted', (id) => {
  threads.get(id)?.close();
  threads.delete(id);
});

/** @param {string} id @param {ChatThread} thread */
function remember(id, thread) {
  threads.delete(id);
  threads.set(id, thread);
  for (const [oldId, old] of threads) {
    if (threads.size <= KEPT) break;
    if (old.$state.get().state !== 'asking' && old !== $openThread.get()) threads.delete(oldId);
  }
}
