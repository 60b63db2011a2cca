import { Lazy } from '../utils/lazy.js';
import { whenIdle } from '../utils/when_idle.js';
import { $openThread } from './chat_threads.js';
import { loadCollections } from './collections.js';
import { onBack } from './connection.js';
import { loadConversations } from './conversations.js';
import { $documents, loadDocuments } from './documents.js';
import { confirmSession } from './session.js';

/** Fetched when there is time, long before it is needed. */
const outbox = new Lazy(() => import(/* webpackChunkName: "outbox" */ './outbox.js'));

/**
 * Once the server answers again: see that the session still stands, read what could not be read,
 * and send what was written meanwhile.
 * @returns {() => void} stop
 */
export function resumeWhenBack() {
  let stopWatching = () => {};
  const cancel = whenIdle(async () => {
    const loaded = await outbox.load().catch(() => null);
    stopWatching = loaded?.watchOutbox() ?? stopWatching;
    void loaded?.sendWaiting(); // what a visit before this one has left
  });
  const stop = onBack(() => void resume());
  return () => {
    cancel();
    stop();
    stopWatching();
  };
}

/**
 * Keep a question until the server answers again.
 * @param {{text: string, thread: string | null, collectionIds?: string[]}} question
 * @returns {Promise<boolean>} false when this browser cannot keep it
 */
export async function keepQuestion(question) {
  const loaded = await outbox.load().catch(() => null);
  return loaded?.keepQuestion(question) ?? false;
}

async function resume() {
  if (!(await confirmSession())) return;
  void loadConversations();
  void loadCollections();
  if ($documents.get().state === 'failed') void loadDocuments({ quiet: true });
  const thread = $openThread.get();
  if (thread.$state.get().state === 'failed') await thread.load();
  void (await outbox.load().catch(() => null))?.sendWaiting();
}
