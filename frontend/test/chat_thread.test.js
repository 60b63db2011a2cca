import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { openBrowser } from './support/browser.js';
import { answer, eventStream, fakeServer, refused, until } from './support/server.js';

/** @type {typeof import('../src/store/chat_thread.js')} */
let store;

before(async () => {
  openBrowser();
  store = await import('../src/store/chat_thread.js');
});

const META = { conversation_id: 'v1', message_id: 'm1', model: 'tiny', cached: false, degraded: [] };
const SOURCE = { n: 1, document_id: 'd', title: 't', page: 1, heading: null, passage_id: 7, text: 'abc', start: 0, end: 3, score: 1 };
const CITATION = { n: 1, passage_id: 7, quote: 'b', start: 1, end: 2 };
/** @type {[string, object][]} */
const WHOLE = [
  ['meta', META],
  ['sources', { sources: [SOURCE] }],
  ['token', { text: '안녕' }],
  ['token', { text: ' [1]' }],
  ['done', { message_id: 'm1', citations: [CITATION], usage: {}, timings: { total_ms: 3 } }],
];

/** @param {string | null} [id] */
const thread = (id = null) => new store.ChatThread(id, () => {});
/** @param {InstanceType<typeof store.ChatThread>} of */
const lastOf = (of) => /** @type {import('../src/shapes.js').Message} */ (of.$state.get().messages.at(-1));

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
  assert.equal(asked.length, 3);
  assert.equal(lastOf(chat).status, 'complete');
});

/** @param {string} id */
const message = (id) => ({ id, role: 'user', text: id });
/** A conversation of five messages in pages of two, as the server reads it from its end. */
const FIVE = {
  /** @param {unknown} _body @param {URL} url */
  'GET /conversations/v1/messages': (_body, url) => {
    assert.equal(url.searchParams.get('order'), 'newest');
    const at = Number(url.searchParams.get('cursor') ?? 0);
    const page = ['e', 'd', 'c', 'b', 'a'].slice(at, at + 2).map(message);
    return answer(page, { next_cursor: at + 2 < 5 ? String(at + 2) : null });
  },
};
/** @param {InstanceType<typeof store.ChatThread>} of */
const idsOf = (of) => of.$state.get().messages.map(({ id }) => id).join('');

test('a conversation is read from its end, and what is earlier when it is wanted', async () => {
  const asked = fakeServer(FIVE);
  const chat = thread('v1');
  await chat.load();
  assert.equal(idsOf(chat), 'de');
  await Promise.all([chat.loadEarlier(), chat.loadEarlier()]);
  assert.equal(idsOf(chat), 'bcde');
  assert.equal(asked.length, 2);
  await chat.loadEarlier();
  await chat.loadEarlier();
  assert.equal(idsOf(chat), 'abcde');
  assert.equal(asked.length, 3);
  assert.equal(chat.$state.get().earlier, null);
});

test('all that is earlier can be asked for, also while a part is being read', async () => {
  fakeServer(FIVE);
  const chat = thread('v1');
  await chat.load();
  await Promise.all([chat.loadEarlier(), chat.loadEarlier({ all: true })]);
  assert.equal(idsOf(chat), 'abcde');
});

test('what is earlier can be asked for again when it could not be read', async () => {
  fakeServer(FIVE);
  const chat = thread('v1');
  await chat.load();
  fakeServer({});
  await chat.loadEarlier();
  assert.equal(chat.$state.get().reading, 'failed');
  assert.equal(idsOf(chat), 'de');
  fakeServer(FIVE);
  await chat.loadEarlier();
  assert.equal(idsOf(chat), 'bcde');
  assert.equal(chat.$state.get().reading, 'idle');
});

test('a thumb is shown at once and taken back when refused', async () => {
  const asked = fakeServer({
    'POST /chat': () => eventStream(WHOLE),
    'POST /feedback': () => refused(500, 'INTERNAL_ERROR'),
  });
  const chat = thread();
  await chat.ask({ text: 'a' });
  const giving = chat.giveFeedback('m1', 1);
  assert.equal(lastOf(chat).feedback, 1);
  await giving;
  assert.equal(lastOf(chat).feedback, null);
  assert.deepEqual(asked.at(-1)?.body, { message_id: 'm1', value: 1 });
});
