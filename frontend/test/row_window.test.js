import assert from 'node:assert/strict';
import { test } from 'node:test';

import { layOut, rowsBetween } from '../src/utils/row_window.js';

const HEIGHTS = { heading: 40, item: 30 };
/** @param {string} label @param {number} count */
const group = (label, count) => ({ label, items: Array.from({ length: count }, (_, n) => ({ id: `${label}${n}` })) });

test('headings and items stand one below the other', () => {
  const { rows, height } = layOut([group('a', 2), group('b', 1)], HEIGHTS);
  assert.deepEqual(rows.map(({ key, top }) => [key, top]), [['heading a', 0], ['a0', 40], ['a1', 70], ['heading b', 100], ['b0', 140]]);
  assert.equal(height, 170);
  assert.deepEqual(rows.map(({ place }) => place), [-1, 0, 1, -1, 0]);
});

test('what is drawn covers what is asked for, and little more', () => {
  const { rows } = layOut([group('a', 10_000)], HEIGHTS);
  for (const top of [0, 1, 39, 40, 5000, 123_456, 299_000, 300_040]) {
    const [from, to] = rowsBetween(rows, top, top + 700);
    assert.ok(rows[from].top <= top);
    assert.ok(to === rows.length || rows[to].top >= top + 700);
    assert.ok(to - from < 50);
  }
});

test('a little scrolling draws nothing anew', () => {
  const { rows } = layOut([group('a', 1000)], HEIGHTS);
  const drawn = new Set();
  for (let top = 3000; top < 3240; top += 10) drawn.add(String(rowsBetween(rows, top, top + 700)));
  assert.ok(drawn.size <= 4);
});

test('a list without rows draws none', () => {
  assert.deepEqual(rowsBetween([], 0, 700), [0, 0]);
});
