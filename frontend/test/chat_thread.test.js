import assert from 'node:assert/strict';
import { afterEach, before, test } from 'node:test';

import { CITATION, closeThreads, lastOf, loadThreads, META, thread, WHOLE } from './support/chat.js';
import { answer, eventStream, fakeServer, refused, until } from './support/server.js';

before(loadThreads);
afterEach(closeThreads);

test('an answer grows from its events and ends complete', async () => {
  const asked = fakeServer({ 'POST /chat': () => eventStream(WHOLE) });
  const chat = thread();
  let taken = 0;
  assert.equal(await chat.ask({ text: '질문' }, () => (taken += 1)), 'accepted');
  const message = lastOf(chat);
  assert.equal(message.text, '안녕 [1]');
  assert.equal(message.status, 'complete');
  assert.deepEqual(message.citations, [CITATION]);
  assert.equal(chat.id, 'v1');
  assert.equal(taken, 1);
  assert.deepEqual(asked[0].body, { message: '질문' });
});

test('the next question goes to the same conversation', async () => {
  const asked = fakeServer({ 'POST /chat': () => eventStream(WHOLE) });
  const chat = thread();
  await chat.ask({ text: 'a' });
  await chat.ask({ text: 'b', collectionIds: ['c1'] });
  assert.deepEqual(asked[1].body, { message: 'b', conversation_id: 'v1', collection_ids: ['c1'] });
  assert.equal(chat.$state.get().messages.length, 4);
});

test('a stream that ends without an end is broken, and what had come stays', async () => {
  fakeServer({ 'POST /chat': () => eventStream(WHOLE.slice(0, 3)) });
  const chat = thread();
  await chat.ask({ text: 'a' });
  assert.equal(lastOf(chat).status, 'failed');
  assert.equal(lastOf(chat).text, '안녕');
  assert.equal(lastOf(chat).problem?.error_code, 'STREAM_BROKEN');
});

test('a connection that breaks is said in the same words', async () => {
  fakeServer({ 'POST /chat': () => eventStream(WHOLE.slice(0, 3), { breakOff: true }) });
  const chat = thread();
  await chat.ask({ text: 'a' });
  assert.equal(lastOf(chat).problem?.error_code, 'STREAM_BROKEN');
});

test("the server's own error keeps its code", async () => {
  fakeServer({
    'POST /chat': () =>
      eventStream([['meta', META], ['error', { error_code: 'MODEL_TIMEOUT', message: 'slow', retryable: true }]]),
  });
  const chat = thread();
  await chat.ask({ text: 'a' });
  assert.equal(lastOf(chat).problem?.error_code, 'MODEL_TIMEOUT');
});

test('a question of somebody signed out is given back', async () => {
  fakeServer({ 'POST /chat': () => refused(401, 'NOT_SIGNED_IN') });
  const chat = thread();
  assert.equal(await chat.ask({ text: 'a' }), 'signed_out');
  assert.deepEqual(chat.$state.get().messages, []);
});

test('a question that never arrived stays, with the reason', async () => {
  globalThis.fetch = async () => {
    throw new TypeError('fetch failed');
  };
  const chat = thread();
  assert.equal(await chat.ask({ text: 'a' }), 'failed');
  assert.equal(lastOf(chat).problem?.error_code, 'UNREACHABLE');
});

test('stopping keeps what has come', async () => {
  /** @type {ReadableStreamDefaultController<Uint8Array>} */
  let controller;
  globalThis.fetch = async (_address, options) => {
    const body = new ReadableStream({ start: (own) => void (controller = own) });
    options?.signal?.addEventListener('abort', () => controller.error(options.signal?.reason));
    for (const [event, data] of WHOLE.slice(0, 3)) {
      controller.enqueue(new TextEncoder().encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`));
    }
    return new Response(body);
  };
  const chat = thread();
  const asking = chat.ask({ text: 'a' });
  await until(() => lastOf(chat)?.text === '안녕');
  chat.stop();
  await asking;
  assert.equal(lastOf(chat).status, 'stopped');
  assert.equal(lastOf(chat).text, '안녕');
});

test('asking again replaces the last answer, afresh', async () => {
  const asked = fakeServer({ 'POST /chat': () => eventStream(WHOLE) });
  const chat = thread();
  await chat.ask({ text: 'a' });
  await chat.askAgain();
  assert.deepEqual(asked[1].body, { message: 'a', conversation_id: 'v1', use_cache: false, regenerate: 'm1' });
  assert.equal(chat.$state.get().messages.length, 2);
});

test('an edited question replaces the one it was, and its answer', async () => {
  const asked = fakeServer({ 'POST /chat': () => eventStream(WHOLE) });
  const chat = thread();
  await chat.ask({ text: 'a', collectionIds: ['c1'] });
  await chat.editLast('b');
  assert.deepEqual(asked[1].body, { message: 'b', conversation_id: 'v1', collection_ids: ['c1'], regenerate: 'm1' });
  assert.deepEqual(chat.$state.get().messages.map(({ text }) => text), ['b', '안녕 [1]']);
});

test('the model that has stepped in is the one that is named', async () => {
  const done = { message_id: 'm1', citations: [], model: 'extractive', degraded: ['model'], timings: {} };
  fakeServer({ 'POST /chat': () => eventStream([['meta', META], ['token', { text: 'a' }], ['done', done]]) });
  const chat = thread();
  await chat.ask({ text: 'a' });
  assert.equal(lastOf(chat).model, 'extractive');
  assert.deepEqual(lastOf(chat).degraded, ['model']);
});

test('an answer that was never stored is asked for without replacing', async () => {
  let calls = 0;
  const asked = fakeServer({
    'POST /chat': (body) => {
      calls += 1;
      if (body.regenerate) return refused(404, 'MESSAGE_NOT_FOUND');
      return eventStream(calls === 1 ? WHOLE.slice(0, 2) : WHOLE);
    },
  });
  const chat = thread();
  await chat.ask({ text: 'a' });
  await chat.askAgain();
  assert.equal(asked.filter(({ route }) => route === 'POST /chat').length, 3);
  assert.equal(lastOf(chat).status, 'complete');
});

test('many pieces that come at once are shown once', async () => {
  const pieces = Array.from({ length: 300 }, () => /** @type {[string, object]} */ (['token', { text: 'a' }]));
  fakeServer({ 'POST /chat': () => eventStream([WHOLE[0], ...pieces, WHOLE[4]]) });
  const chat = thread();
  let shown = 0;
  chat.$state.listen(() => (shown += 1));
  await chat.ask({ text: 'a' });
  assert.equal(lastOf(chat).text.length, 300);
  assert.ok(shown < 20, `${shown} times`);
});

test('a word goes with its thumb, after it, and comes back to be written anew when refused', async () => {
  let refusing = false;
  const asked = fakeServer({
    'POST /chat': () => eventStream(WHOLE),
    'POST /feedback': () => (refusing ? refused(500, 'INTERNAL_ERROR') : answer({})),
  });
  const chat = thread();
  await chat.ask({ text: 'a' });
  const rating = chat.ratings.rate('m1', -1);
  const saying = chat.ratings.say('m1', 'wrong year');
  assert.equal(lastOf(chat).comment, 'wrong year');
  await Promise.all([rating, saying]);
  assert.deepEqual(asked.slice(1).map(({ body }) => body), [
    { message_id: 'm1', value: -1 },
    { message_id: 'm1', value: -1, comment: 'wrong year' },
  ]);
  refusing = true;
  await chat.ratings.say('m1', 'another');
  assert.deepEqual([lastOf(chat).feedback, lastOf(chat).comment], [-1, 'wrong year']);
  refusing = false;
  await chat.ratings.rate('m1', -1);
  assert.deepEqual([lastOf(chat).feedback, lastOf(chat).comment], [null, null]);
});

test('a thumb is shown at once and taken back when refused', async () => {
  const asked = fakeServer({
    'POST /chat': () => eventStream(WHOLE),
    'POST /feedback': () => refused(500, 'INTERNAL_ERROR'),
  });
  const chat = thread();
  await chat.ask({ text: 'a' });
  const giving = chat.ratings.rate('m1', 1);
  assert.equal(lastOf(chat).feedback, 1);
  await giving;
  assert.equal(lastOf(chat).feedback, null);
  assert.deepEqual(asked.at(-1)?.body, { message_id: 'm1', value: 1 });
});
