import assert from 'node:assert/strict';
import { afterEach, before, test } from 'node:test';

import { closeThreads, lastOf, loadThreads, META, thread, WHOLE } from './support/chat.js';
import { answer, eventStream, fakeServer, until } from './support/server.js';

before(loadThreads);
afterEach(closeThreads);

const BROKEN = WHOLE.slice(0, 3);
/** @param {object} more */
const stored = (more) => ({
  id: 'm1', conversation_id: 'v1', role: 'assistant', text: '안녕 [1]', status: 'complete', sources: [], citations: [], feedback: null, ...more,
});
const QUESTION = { id: 'q1', conversation_id: 'v1', role: 'user', text: 'a', status: 'complete', feedback: null };
/** @param {object[]} messages oldest first */
const holding = (...messages) => () => answer(messages.toReversed(), { next_cursor: null });

test('what broke off is shown as a whole once the server is found to have it', async () => {
  fakeServer({ 'POST /chat': () => eventStream(BROKEN, { breakOff: true }), 'GET /conversations/v1/messages': holding(QUESTION, stored({})) });
  const chat = thread();
  await chat.ask({ text: 'a' });
  assert.equal(lastOf(chat).problem?.looking, true);
  globalThis.dispatchEvent(new Event('online'));
  await until(() => lastOf(chat).status === 'complete');
  assert.equal(lastOf(chat).text, '안녕 [1]');
  assert.equal(lastOf(chat).problem, null);
});

test('what the server had to leave off too can be gone on with, in its place', async () => {
  const asked = fakeServer({
    'POST /chat': (body) => eventStream(body.regenerate ? WHOLE : BROKEN),
    'GET /conversations/v1/messages': holding(QUESTION, stored({ text: '안녕하', status: 'stopped' })),
  });
  const chat = thread();
  await chat.ask({ text: 'a' });
  globalThis.dispatchEvent(new Event('online'));
  await until(() => lastOf(chat).text === '안녕하');
  assert.equal(lastOf(chat).status, 'failed');
  assert.equal(lastOf(chat).problem?.error_code, 'STREAM_BROKEN');
  assert.ok(!lastOf(chat).problem?.looking);
  await chat.askAgain();
  assert.equal(asked.at(-1)?.body.regenerate, 'm1');
  assert.equal(chat.$state.get().messages.length, 2);
  assert.equal(lastOf(chat).status, 'complete');
});

test('going on shows the answer that the server has instead of asking once more', async () => {
  const asked = fakeServer({ 'POST /chat': () => eventStream(BROKEN), 'GET /conversations/v1/messages': holding(QUESTION, stored({})) });
  const chat = thread();
  await chat.ask({ text: 'a' });
  assert.equal(await chat.askAgain(), 'accepted');
  assert.equal(lastOf(chat).text, '안녕 [1]');
  assert.equal(asked.filter(({ route }) => route === 'POST /chat').length, 1);
});

test('a question that was taken though nobody said so is not asked twice', async () => {
  let calls = 0;
  const asked = fakeServer({
    'POST /chat': () => {
      calls += 1;
      if (calls === 2) throw new TypeError('fetch failed');
      return eventStream(WHOLE);
    },
    'GET /conversations/v1/messages': holding(QUESTION, stored({}), { ...QUESTION, id: 'q2', text: 'b' }, stored({ id: 'm2', text: 'B.', status: 'stopped' })),
  });
  const chat = thread();
  await chat.ask({ text: 'a' });
  assert.equal(await chat.ask({ text: 'b' }), 'failed');
  await chat.askAgain();
  assert.equal(asked.at(-1)?.body.regenerate, 'm2');
  assert.equal(chat.$state.get().messages.length, 4);
});

test('the question gets the id that the server gave it', async () => {
  fakeServer({ 'POST /chat': () => eventStream([['meta', { ...META, question_id: 'q1' }], ...WHOLE.slice(1)]) });
  const chat = thread();
  await chat.ask({ text: 'a' });
  const [question] = chat.$state.get().messages;
  assert.equal(question.id, 'q1');
  assert.match(question.key ?? '', /^draft-/);
});

test('what the server does not have yet is asked for again under its own id', async () => {
  const begun = BROKEN.with(0, ['meta', { ...META, question_id: 'q1' }]);
  const asked = fakeServer({
    'POST /chat': (body) => eventStream(body.regenerate ? WHOLE : begun),
    'GET /conversations/v1/messages': holding(),
  });
  const chat = thread();
  await chat.ask({ text: 'a' });
  await chat.askAgain();
  const { regenerate, question_id, conversation_id } = asked.at(-1)?.body ?? {};
  assert.deepEqual([regenerate, question_id, conversation_id], [META.message_id, 'q1', 'v1']);
  assert.equal(chat.$state.get().messages.length, 2);
});

test('what is said elsewhere while an answer comes is taken in when that has ended', async () => {
  const other = [{ ...QUESTION, id: 'q2', text: 'b' }, stored({ id: 'm2', text: 'B.' })];
  fakeServer({
    'POST /chat': () => eventStream([['meta', { ...META, question_id: 'q1' }], ...WHOLE.slice(1)]),
    'GET /conversations/v1/messages': holding(QUESTION, stored({}), ...other),
  });
  const chat = thread();
  const asking = chat.ask({ text: 'a' });
  await chat.refresh();
  assert.equal(chat.$state.get().state, 'asking');
  await asking;
  await until(() => chat.$state.get().messages.length === 4);
  assert.equal(lastOf(chat).text, 'B.');
});
