import assert from 'node:assert/strict';
import { afterEach, before, test } from 'node:test';

import { closeThreads, idsOf, lastOf, loadThreads, META, thread, WHOLE } from './support/chat.js';
import { answer, eventStream, fakeServer, refused } from './support/server.js';

before(loadThreads);
afterEach(closeThreads);

/** @param {string[]} ids of questions and answers @returns {object[]} as the server tells them */
const said = (ids) => ids.map((id) => ({
  id, role: id[0] === 'q' ? 'user' : 'assistant', text: id, status: 'complete', sources: [], citations: [], feedback: null, comment: null,
}));

test('an earlier question takes what follows with it, and comes back when the session has ended', async () => {
  let signedIn = true;
  const ids = ['q1', 'a1', 'q2', 'a2', 'q3', 'a3'];
  const asked = fakeServer({
    'GET /conversations/v1/messages': () => answer(said(ids).toReversed(), { count: 6, next_cursor: null }),
    'POST /chat': () => (signedIn ? eventStream([['meta', { ...META, question_id: 'q2' }], ...WHOLE.slice(1)]) : refused(401, 'NOT_SIGNED_IN')),
  });
  const chat = thread('v1');
  await chat.load();
  signedIn = false;
  assert.equal(await chat.askFrom('q2', 'other words'), 'signed_out');
  assert.equal(idsOf(chat), ids.join(''));
  signedIn = true;
  assert.equal(await chat.askFrom('q2', 'other words'), 'accepted');
  assert.deepEqual(asked.at(-1)?.body, { message: 'other words', conversation_id: 'v1', regenerate: 'a2', question_id: 'q2', until: 'a3' });
  assert.equal(idsOf(chat), 'q1a1q2m1');
  await chat.load();
  await chat.askFrom('a1');
  assert.deepEqual(asked.at(-1)?.body, { message: 'q1', conversation_id: 'v1', use_cache: false, regenerate: 'a1', question_id: 'q1', until: 'a3' });
});

test('an earlier question that is gone by then is not asked at the end instead', async () => {
  const asked = fakeServer({
    'GET /conversations/v1/messages': () => answer(said(['q1', 'a1', 'q2', 'a2']).toReversed(), { count: 4, next_cursor: null }),
    'POST /chat': () => refused(404, 'MESSAGE_NOT_FOUND'),
  });
  const chat = thread('v1');
  await chat.load();
  assert.equal(await chat.askFrom('q1', 'other words'), 'failed');
  assert.equal(lastOf(chat).problem?.error_code, 'MESSAGE_NOT_FOUND');
  assert.equal(asked.filter(({ route }) => route === 'POST /chat').length, 1);
  assert.equal(chat.hasCut, true);
  await chat.refresh();
  assert.equal(idsOf(chat).startsWith('q1a1q2a2'), true);
});
