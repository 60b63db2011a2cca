import assert from 'node:assert/strict';
import { afterEach, before, test } from 'node:test';

import { closeThreads, idsOf, loadThreads, thread } from './support/chat.js';
import { answer, fakeServer } from './support/server.js';

before(loadThreads);
afterEach(closeThreads);

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
