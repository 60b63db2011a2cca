import { atom } from 'nanostores';

import { t } from '../utils/i18n.js';
import { readStored, watchStored, writeStored } from '../utils/local_storage.js';
import { isUnreachable, toProblem } from '../utils/problem.js';
import { $openThread, threadToAsk } from './chat_threads.js';
import { $connection } from './connection.js';
import { notify } from './notices.js';
import { $session, $user } from './session.js';

/** @typedef {import('../shapes.js').WaitingQuestion} WaitingQuestion */

/** What this account has asked without a connection, the oldest first; all windows share it. */
export const $outbox = atom(/** @type {WaitingQuestion[]} */ ([]));
let running = false;

const keyOf = () => `outbox.${$user.get()?.id ?? ''}`;
const read = () => readStored(keyOf(), /** @type {WaitingQuestion[]} */ ([]));

/** @returns {() => void} stop */
export function watchOutbox() {
  const show = () => $outbox.set(read());
  const stops = [$user.subscribe(show), watchStored('outbox.', show)];
  // Without Web Locks (no HTTPS) the one window that has the focus sends.
  const onFocus = () => void sendWaiting();
  addEventListener('focus', onFocus);
  return () => {
    removeEventListener('focus', onFocus);
    for (const stop of stops) stop();
  };
}

/**
 * Keep a question until the server answers again.
 * @param {{text: string, thread: string | null, collectionIds?: string[]}} question
 * @returns {boolean} false when this browser cannot keep it
 */
export function keepQuestion({ text, thread, collectionIds }) {
  const id = crypto.getRandomValues(new Uint32Array(2)).join('-');
  return store([...read(), { id, text, thread, collectionIds, state: 'waiting', problem: null }]);
}

/** @param {string} id @returns {WaitingQuestion | null} the question that will not be sent */
export function cancelQuestion(id) {
  const question = read().find((item) => item.id === id) ?? null;
  if (!question || question.state === 'sending') return null;
  store(read().filter((item) => item.id !== id));
  return question;
}

/** @param {string} id */
export function sendAgain(id) {
  change(id, { state: 'waiting', problem: null });
  void sendWaiting();
}

/** Send what waits, one after the other; of all windows only one does. */
export async function sendWaiting() {
  const mayGo = $connection.get() === 'online' && $session.get() === 'signed_in';
  if (running || !mayGo || read().length === 0) return;
  if (!navigator.locks && !document.hasFocus()) return;
  running = true;
  const key = keyOf();
  try {
    if (navigator.locks) await navigator.locks.request(`likeopt.${key}`, () => sendAll(key));
    else await sendAll(key);
  } finally {
    running = false;
  }
}

/** @param {string} key whose questions: somebody else may have signed in meanwhile */
async function sendAll(key) {
  // Nobody else sends now: the window that had begun with this one is gone.
  for (const { id, state } of read()) if (state === 'sending') hold(id, { error_code: 'MAYBE_SENT', message: '' });
  while ($connection.get() === 'online' && $session.get() === 'signed_in' && key === keyOf()) {
    const next = read().find(({ state }) => state === 'waiting');
    if (!next) return;
    change(next.id, { state: 'sending' });
    if (!(await deliver(next))) return;
  }
}

/** @param {WaitingQuestion} question @returns {Promise<boolean>} whether to go on with the next one */
async function deliver({ id, text, thread: threadId, collectionIds }) {
  let thread;
  try {
    thread = await threadToAsk(threadId);
  } catch (error) {
    if (isUnreachable(error)) change(id, { state: 'waiting' });
    else hold(id, toProblem(error));
    return !isUnreachable(error);
  }
  const outcome = await thread.ask({ text, collectionIds }, (conversationId) => {
    taken(id, conversationId);
    if (thread !== $openThread.get()) tell(conversationId);
  });
  if (outcome === 'accepted') return true;
  const problem = thread.forgetFailed();
  if (outcome === 'signed_out') change(id, { state: 'waiting' });
  else if (isUnreachable({ code: problem?.error_code })) hold(id, { error_code: 'MAYBE_SENT', message: '' });
  else hold(id, problem ?? { error_code: 'UNKNOWN', message: '' });
  return outcome !== 'signed_out';
}

/** @param {string} id @param {string} conversationId */
function taken(id, conversationId) {
  const [question] = read().filter((item) => item.id === id);
  const rest = read().filter((item) => item.id !== id);
  // What was written after it, in the same new conversation, follows it.
  const follows = (/** @type {WaitingQuestion} */ item) => question?.thread === null && item.thread === null;
  store(rest.map((item) => (follows(item) ? { ...item, thread: conversationId } : item)));
}

/** @param {string} conversationId one that is not on the screen */
function tell(conversationId) {
  const detail = { path: `/chat/${encodeURIComponent(conversationId)}` };
  const open = () => document.dispatchEvent(new CustomEvent('navigate', { detail }));
  notify({ text: t('outbox.sent'), action: { label: t('outbox.open'), run: open } });
}

/** @param {string} id @param {import('../shapes.js').Problem} problem whoever wrote it decides */
function hold(id, problem) {
  change(id, { state: 'held', problem });
}

/** @param {string} id @param {Partial<WaitingQuestion>} values */
function change(id, values) {
  store(read().map((item) => (item.id === id ? { ...item, ...values } : item)));
}

/** @param {WaitingQuestion[]} items */
function store(items) {
  const kept = writeStored(keyOf(), items.length > 0 ? items : null);
  $outbox.set(read());
  return kept;
}
