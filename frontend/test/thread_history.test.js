import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { openBrowser } from './support/browser.js';

/** @typedef {import('../src/shapes.js').Message} Message */

/** @type {typeof import('../src/store/thread_history.js')} */
let history;

before(async () => {
  openBrowser();
  history = await import('../src/store/thread_history.js');
});

/** @param {string} id @param {object} [more] */
const message = (id, more = {}) =>
  /** @type {Message} */ ({ id, role: id.startsWith('q') ? 'user' : 'assistant', text: id, status: 'complete', feedback: null, ...more });
/** @param {string[]} ids */
const messages = (...ids) => ids.map((id) => message(id));
/** @param {Message[]} known @param {Message[]} read @param {string | null} [earlier] */
const merged = (known, read, earlier = 'older') => {
  const found = history.mergeNewest({ messages: known, earlier }, { messages: read, earlier: 'read' });
  return { ids: found.messages.map(({ id }) => id).join(' '), earlier: found.earlier, all: found.messages };
};

test('what was said elsewhere comes to the end', () => {
  const found = merged(messages('q1', 'a1', 'q2', 'a2'), messages('q2', 'a2', 'q3', 'a3'));
  assert.equal(found.ids, 'q1 a1 q2 a2 q3 a3');
  assert.equal(found.earlier, 'older');
});

test('what was said between comes to its place', () => {
  assert.equal(merged(messages('q1', 'a1', 'q3', 'a3'), messages('q1', 'a1', 'q2', 'a2', 'q3', 'a3')).ids, 'q1 a1 q2 a2 q3 a3');
});

test('an answer that was made again elsewhere takes the place of the old one', () => {
  assert.equal(merged(messages('q1', 'a1', 'q2', 'a2'), messages('q2', 'b2')).ids, 'q1 a1 q2 b2');
});

test('when nothing is known any more it begins anew from what was read', () => {
  const found = merged(messages('q1', 'a1'), messages('q8', 'a8'));
  assert.equal(found.ids, 'q8 a8');
  assert.equal(found.earlier, 'read');
});

test('what the server never got stays at the end', () => {
  const problem = { error_code: 'UNREACHABLE', message: '' };
  const known = [...messages('q1', 'a1'), message('draft-1', { role: 'user' }), message('draft-2', { status: 'failed', problem })];
  assert.equal(merged(known, messages('q1', 'a1', 'q2', 'a2')).ids, 'q1 a1 q2 a2 draft-1 draft-2');
});

test('a broken answer that the server has not stored yet stays with its question', () => {
  const broken = message('a2', { status: 'failed', problem: { error_code: 'STREAM_BROKEN', message: '' } });
  const known = [...messages('q1', 'a1', 'q2'), broken];
  assert.equal(merged(known, messages('q1', 'a1')).ids, 'q1 a1 q2 a2');
  assert.equal(merged(known, messages('q1', 'a1', 'q2', 'a2')).ids, 'q1 a1 q2 a2');
});

test('what has not changed stays the same object, and what has keeps its place on the page', () => {
  const known = [message('q1', { key: 'draft-1' }), message('a1', { key: 'draft-2' })];
  const { all } = merged(known, [message('q1'), message('a1', { feedback: 1 })]);
  assert.equal(all[0], known[0]);
  assert.equal(all[1].feedback, 1);
  assert.equal(all[1].key, 'draft-2');
});
