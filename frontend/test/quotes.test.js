import assert from 'node:assert/strict';
import { test } from 'node:test';

import { quoteContext } from '../src/utils/quote_context.js';
import { findQuote } from '../src/utils/quote_search.js';

const TEXT = '😀하나. 둘이다. 셋이다. 넷이다. 다섯.';
/** @param {number} id @param {number} start @param {number} end */
const passage = (id, start, end) => ({
  id,
  document_id: 'd',
  ordinal: id,
  text: [...TEXT].slice(start, end).join(''),
  start,
  end,
  page: null,
  heading: null,
});
/** @param {number} start @param {number} end */
const source = (start, end) => ({
  ...passage(2, start, end), n: 1, title: 't', passage_id: 2, score: 1,
});

test('neighbours are shown without what overlaps the source', () => {
  const { before, pieces, after } = quoteContext(
    source(5, 15),
    [{ n: 1, passage_id: 2, quote: '셋이다.', start: 5, end: 9 }],
    [passage(1, 0, 10), passage(2, 5, 15), passage(3, 10, [...TEXT].length)],
  );
  assert.equal(before + ' ' + pieces.map(({ text }) => text).join('') + after, TEXT);
  assert.deepEqual(pieces.filter(({ marked }) => marked).map(({ text }) => text), ['셋이다.']);
});

test('without neighbours there is the source alone', () => {
  const context = quoteContext(source(5, 15), [], []);
  assert.equal(context.before, '');
  assert.equal(context.after, '');
});

test('a quote is found across the lines of a page, whatever its spaces', () => {
  const places = findQuote('수집 목적을 달성한 날부터', ['제4조 개인정보는 수집', ' 목적을 달성', '한  날부터 보관한다']);
  assert.deepEqual(places.map(({ index }) => index), [0, 1, 2]);
  assert.equal(places[0].to, 1);
  assert.ok(places[0].from > 0.5);
  assert.ok(places[2].to < 0.7);
});

test('a quote that does not stand on the page marks nothing', () => {
  assert.deepEqual(findQuote('없는 말', ['있는 말']), []);
  assert.deepEqual(findQuote('', ['있는 말']), []);
});
