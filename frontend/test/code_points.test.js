import assert from 'node:assert/strict';
import { test } from 'node:test';

import { countCodePoints, markRanges, sliceCodePoints } from '../src/utils/code_points.js';

test('a slice counts code points, not UTF-16 units', () => {
  assert.equal(sliceCodePoints('😀가나다', 1, 3), '가나');
  assert.equal(sliceCodePoints('𠮷野家', 0, 1), '𠮷');
  assert.equal(sliceCodePoints('abc', 1), 'bc');
});

test('offsets past the end give what there is', () => {
  assert.equal(sliceCodePoints('가나', 1, 99), '나');
  assert.equal(sliceCodePoints('가나', 5, 9), '');
});

test('a flag or a family is as many code points as Python counts', () => {
  assert.equal(countCodePoints('🇰🇷'), 2);
  assert.equal(countCodePoints('👨‍👩‍👧'), 5);
});

test('marking cuts a text at its ranges and loses nothing', () => {
  const text = '😀 하나 둘 셋';
  const pieces = markRanges(text, [{ start: 2, end: 4 }]);
  assert.deepEqual(pieces, [
    { text: '😀 ', marked: false },
    { text: '하나', marked: true },
    { text: ' 둘 셋', marked: false },
  ]);
  assert.equal(pieces.map((piece) => piece.text).join(''), text);
});

test('overlapping and touching ranges become one mark', () => {
  const pieces = markRanges('abcdef', [{ start: 3, end: 5 }, { start: 1, end: 3 }, { start: 2, end: 4 }]);
  assert.deepEqual(pieces.filter(({ marked }) => marked), [{ text: 'bcde', marked: true }]);
});

test('a text without ranges is one unmarked piece', () => {
  assert.deepEqual(markRanges('abc', []), [{ text: 'abc', marked: false }]);
});
