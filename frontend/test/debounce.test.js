import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';

import { debounce } from '../src/utils/debounce.js';

beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
afterEach(() => mock.timers.reset());

test('a task waits until nothing has been asked for a while, and has the last words', () => {
  const task = mock.fn();
  const debounced = debounce(task, 100);
  debounced('a');
  mock.timers.tick(99);
  debounced('b');
  mock.timers.tick(99);
  assert.equal(task.mock.callCount(), 0);
  mock.timers.tick(1);
  assert.deepEqual(task.mock.calls.map((call) => call.arguments), [['b']]);
});

test('what waits is done at once when the page is left, and once only', () => {
  const task = mock.fn();
  const debounced = debounce(task, 100);
  debounced('a');
  debounced.flush();
  debounced.flush();
  mock.timers.tick(200);
  assert.deepEqual(task.mock.calls.map((call) => call.arguments), [['a']]);
});

test('what has been taken back is not done', () => {
  const task = mock.fn();
  const debounced = debounce(task, 100);
  debounced('a');
  debounced.cancel();
  debounced.flush();
  mock.timers.tick(200);
  assert.equal(task.mock.callCount(), 0);
});
