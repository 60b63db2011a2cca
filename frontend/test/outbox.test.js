import assert from 'node:assert/strict';
import { before, beforeEach, test } from 'node:test';

import { openBrowser } from './support/browser.js';
import { answer, eventStream, fakeServer, refused, until } from './support/server.js';

/** @type {typeof import('../src/store/outbox.js')} */
let outbox;
/** @type {typeof import('../src/store/session.js')} */
let session;
/** @type {typeof import('../src/store/connection.js')} */
let connection;
/** @type {typeof import('../src/store/chat_threads.js')} */
let threads;
/** @type {Window & typeof globalThis} */
let window;

const USER = /** @type {import('../src/shapes.js').User} */ ({ id: 'u1', email: 'a@b', name: 'A', role: 'member', created_at: '' });
const KEY = 'likeopt.outbox.u1';

/** As the browser's own: one holder a name, the others wait for their turn. */
class Locks {
  /** @type {Map<string, Promise<unknown>>} */
  #last = new Map();

  /** @param {string} name @param {() => Promise<unknown>} task */
  request(name, task) {
    const turn = (this.#last.get(name) ?? Promise.resolve()).then(task);
    this.#last.set(name, turn.catch(() => {}));
    return turn;
  }
}

before(async () => {
  window = openBrowser();
  Object.defineProperty(globalThis, 'navigator', { value: { onLine: true, locks: new Locks() }, configurable: true });
  globalThis.addEventListener = window.addEventListener.bind(window);
  globalThis.removeEventListener = window.removeEventListener.bind(window);
  globalThis.CustomEvent = window.CustomEvent;
  session = await import('../src/store/session.js');
  connection = await import('../src/store/connection.js');
  threads = await import('../src/store/chat_threads.js');
  outbox = await import('../src/store/outbox.js');
});

beforeEach(() => {
  localStorage.clear();
  session.$user.set(USER);
  session.$session.set('signed_in');
  connection.$connection.set('online');
  threads.openThread(null);
  outbox.watchOutbox();
});

/** @param {string} id @param {string} text @returns {[string, object][]} */
const whole = (id, text) => [
  ['meta', { conversation_id: id, message_id: `m-${id}`, model: 'x', cached: false, degraded: [] }],
  ['sources', { sources: [] }],
  ['token', { text }],
  ['done', { message_id: `m-${id}`, citations: [], usage: {}, timings: {} }],
];
const kept = () => JSON.parse(localStorage.getItem(KEY) ?? '[]');
const states = () => outbox.$outbox.get().map(({ state }) => state);
/** @param {{route: string, body: any}[]} asked */
const questions = (asked) => asked.filter(({ route }) => route === 'POST /chat').map(({ body }) => body);

test('what waits is sent once, in order, and the second follows the first into its conversation', async () => {
  outbox.keepQuestion({ text: 'one', thread: null });
  outbox.keepQuestion({ text: 'two', thread: null, collectionIds: ['c1'] });
  assert.deepEqual(states(), ['waiting', 'waiting']);
  const asked = fakeServer({
    'POST /chat': () => eventStream(whole('v1', 'answer')),
    'GET /conversations/v1': () => answer({ id: 'v1', title: 'one' }),
  });
  await Promise.all([outbox.sendWaiting(), outbox.sendWaiting()]);
  assert.deepEqual(questions(asked), [
    { message: 'one' },
    { message: 'two', conversation_id: 'v1', collection_ids: ['c1'] },
  ]);
  assert.deepEqual(kept(), []);
  assert.deepEqual(states(), []);
});

test('a second window waits for its turn and finds nothing left to send', async () => {
  outbox.keepQuestion({ text: 'one', thread: null });
  const asked = fakeServer({ 'POST /chat': () => eventStream(whole('v2', 'answer')) });
  const other = navigator.locks.request(`likeopt.outbox.u1`, async () => {
    assert.deepEqual(questions(asked), []);
    localStorage.setItem(KEY, '[]'); // it has sent the question itself
  });
  await Promise.all([other, outbox.sendWaiting()]);
  assert.deepEqual(questions(asked), []);
});

test('a question whose window was closed while it was being sent is never sent again unasked', async () => {
  outbox.keepQuestion({ text: 'one', thread: null });
  localStorage.setItem(KEY, JSON.stringify(kept().map((/** @type {object} */ item) => ({ ...item, state: 'sending' }))));
  const asked = fakeServer({ 'POST /chat': () => eventStream(whole('v3', 'answer')) });
  await outbox.sendWaiting();
  assert.deepEqual(questions(asked), []);
  assert.equal(outbox.$outbox.get()[0].problem?.error_code, 'MAYBE_SENT');
  outbox.sendAgain(outbox.$outbox.get()[0].id);
  await until(() => questions(asked).length === 1 && states().length === 0);
});

test('one that the server refuses is held with the reason, and the next one goes on', async () => {
  outbox.keepQuestion({ text: 'one', thread: null });
  outbox.keepQuestion({ text: 'two', thread: null });
  let first = true;
  const asked = fakeServer({
    'POST /chat': () => {
      const refuse = first;
      first = false;
      return refuse ? refused(429, 'TOO_MANY_REQUESTS') : eventStream(whole('v4', 'answer'));
    },
  });
  await outbox.sendWaiting();
  assert.equal(questions(asked).length, 2);
  assert.deepEqual(outbox.$outbox.get().map(({ text, state, problem }) => [text, state, problem?.error_code]), [
    ['one', 'held', 'TOO_MANY_REQUESTS'],
  ]);
});

test('nothing is sent while the session has ended', async () => {
  outbox.keepQuestion({ text: 'one', thread: null });
  const asked = fakeServer({ 'POST /chat': () => refused(401, 'NOT_SIGNED_IN') });
  await outbox.sendWaiting();
  assert.deepEqual(states(), ['waiting']);
  session.$session.set('expired');
  await outbox.sendWaiting();
  assert.equal(questions(asked).length, 1);
});

test('a conversation is read before it is gone on with', async () => {
  outbox.keepQuestion({ text: 'more', thread: 'old' });
  fakeServer({
    'GET /conversations/old/messages': () => answer([{ id: 'm1', role: 'user', text: 'before', status: 'complete' }]),
    'POST /chat': () => eventStream(whole('old', 'answer')),
  });
  await outbox.sendWaiting();
  const { messages } = threads.openThread('old').$state.get();
  assert.deepEqual(messages.map(({ text }) => text), ['before', 'more', 'answer']);
});

test('a question for a conversation that is gone says so', async () => {
  outbox.keepQuestion({ text: 'more', thread: 'gone' });
  fakeServer({ 'GET /conversations/gone/messages': () => refused(404, 'CONVERSATION_NOT_FOUND') });
  await outbox.sendWaiting();
  assert.equal(outbox.$outbox.get()[0].problem?.error_code, 'CONVERSATION_NOT_FOUND');
});

test('each account has its own, and signing out takes it away', async () => {
  outbox.keepQuestion({ text: 'mine', thread: null });
  session.$user.set({ ...USER, id: 'u2' });
  assert.deepEqual(outbox.$outbox.get(), []);
  session.$user.set(USER);
  assert.deepEqual(states(), ['waiting']);
  fakeServer({ 'POST /auth/logout': () => answer(null) });
  Object.defineProperty(globalThis, 'location', { value: { assign() {} }, configurable: true });
  await session.signOut();
  assert.equal(localStorage.getItem(KEY), null);
});

test('what is taken back is not sent', () => {
  outbox.keepQuestion({ text: 'one', thread: null });
  const [{ id }] = outbox.$outbox.get();
  assert.equal(outbox.cancelQuestion(id)?.text, 'one');
  assert.deepEqual(kept(), []);
  assert.equal(outbox.cancelQuestion(id), null);
});

test('a browser that keeps nothing says so', () => {
  const { setItem } = Object.getPrototypeOf(localStorage);
  Object.getPrototypeOf(localStorage).setItem = () => {
    throw new Error('full');
  };
  assert.equal(outbox.keepQuestion({ text: 'one', thread: null }), false);
  Object.getPrototypeOf(localStorage).setItem = setItem;
});
