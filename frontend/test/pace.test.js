import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Pace } from '../src/utils/pace.js';

test('what is left is told once enough has been seen', () => {
  const pace = new Pace();
  assert.equal(pace.left('a', 0, 100, 0), null);
  assert.equal(pace.left('a', 10, 100, 2000), null, 'too early');
  assert.equal(pace.left('a', 20, 100, 4000), 16);
});

test('what stands still has no end that could be told', () => {
  const pace = new Pace();
  pace.left('a', 10, 100, 0);
  assert.equal(pace.left('a', 10, 100, 10_000), null);
});

test('only what was lately seen counts', () => {
  const pace = new Pace();
  pace.left('a', 0, 100, 0);
  pace.left('a', 50, 100, 5000);
  pace.left('a', 51, 100, 50_000);
  assert.equal(pace.left('a', 61, 100, 60_000), 39, 'one a second now, not ten');
});

test('what begins anew is reckoned anew', () => {
  const pace = new Pace();
  pace.left('a', 50, 100, 0);
  assert.equal(pace.left('a', 0, 100, 5000), null);
  assert.equal(pace.left('a', 10, 100, 10_000), 45);
  pace.forget('a');
  assert.equal(pace.left('a', 20, 100, 11_000), null);
});
