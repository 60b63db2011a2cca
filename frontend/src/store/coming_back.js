import { $openThread } from './chat_threads.js';
import { loadCollections } from './collections.js';
import { onBack } from './connection.js';
import { loadConversations } from './conversations.js';
import { $documents, loadDocuments } from './documents.js';
import { sendWaiting, watchOutbox } from './outbox.js';
import { confirmSession } from './session.js';

/**
 * Once the server answers again: see that the session still stands, read what could not be read,
 * and send what was written meanwhile.
 * @returns {() => void} stop
 */
export function resumeWhenBack() {
  const stops = [watchOutbox(), onBack(() => void resume())];
  void sendWaiting(); // what a visit before this one has left
  return () => {
    for (const stop of stops) stop();
  };
}

async function resume() {
  if (!(await confirmSession())) return;
  void loadConversations();
  void loadCollections();
  if ($documents.get().state === 'failed') void loadDocuments({ quiet: true });
  const thread = $openThread.get();
  if (thread.$state.get().state === 'failed') await thread.load();
  void sendWaiting();
}
