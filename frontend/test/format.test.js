import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';

import { formatBytes, formatLeft, groupByDay } from '../src/utils/format.js';
import { formatFamilies } from '../src/utils/format_families.js';
import { addMessages, useMessages } from '../src/utils/i18n.js';

before(() => {
  useMessages('en', JSON.parse(readFileSync(new URL('../src/locales/en.json', import.meta.url), 'utf8')));
});

test('sizes are said in the nearest unit', () => {
  assert.equal(formatBytes(0), '0 bytes');
  assert.equal(formatBytes(1), '1 byte');
  assert.equal(formatBytes(1023), '1,023 bytes');
  assert.equal(formatBytes(92_971), '91 kB');
  assert.equal(formatBytes(209_715_200), '200 MB');
});

test('endings are said as the kinds of files that people know, each once', () => {
  assert.deepEqual(formatFamilies(['.pdf', '.docx', '.docm', '.md', '.markdown', '.hwpx', '.py', '.go'], 'Code'), ['PDF', 'Word', 'Markdown', 'HWPX', 'Code']);
});

test('what may still take between two times is said as no more than is known', () => {
  addMessages({ ko: {}, en: JSON.parse(readFileSync(new URL('../src/locales/uploads/en.json', import.meta.url), 'utf8')) });
  assert.equal(formatLeft([0, 4]), 'a moment left');
  assert.equal(formatLeft([0, 30]), '10 to 30 seconds left');
  assert.equal(formatLeft([21, 24]), '20 to 30 seconds left');
  assert.equal(formatLeft([100, 400]), '2 to 7 minutes left');
  assert.equal(formatLeft([110, 115]), 'about 2 minutes left');
  assert.equal(formatLeft([3000, 9000]), '1 to 3 hours left');
  assert.equal(formatLeft(45), 'about 50 seconds left');
});

test('items are grouped by day, then by month', () => {
  const now = new Date(2026, 10, 21, 9);
  const at = (/** @type {number} */ days, hour = 8) => new Date(2026, 10, 21 - days, hour).toISOString();
  const groups = groupByDay([at(0), at(0, 1), at(1, 23), at(3), at(30)], (time) => time, now);
  assert.deepEqual(groups.map(({ label, items }) => [label, items.length]), [
    ['Today', 2],
    ['Yesterday', 1],
    ['Wednesday', 1],
    ['October 2026', 1],
  ]);
});
