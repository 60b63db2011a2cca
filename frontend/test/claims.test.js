import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { openBrowser } from './support/browser.js';
import { markRanges } from '../src/utils/code_points.js';

/** @type {typeof import('../src/utils/claims.js')} */
let claims;

before(async () => {
  openBrowser();
  claims = await import('../src/utils/claims.js');
});

/** @param {string} quote @param {number} [start] */
const citation = (quote, start = 0) => ({ n: 1, passage_id: 7, quote, start, end: start + quote.length });
const LIT = citation('The lighthouse was lit on the first of May 1872.');
const DIESEL = citation('The generator burns four litres of diesel in an hour.', 49);

test('the quote that a claim shares most with is the one that proves it', () => {
  assert.equal(claims.quoteOf('Its lamp was lit in 1872.', [DIESEL, LIT]), LIT);
  assert.equal(claims.quoteOf('Four litres of diesel are burnt an hour.', [LIT, DIESEL]), DIESEL);
  const korean = [citation('등대는 1872년에 처음 불을 밝혔다.'), citation('발전기는 한 시간에 경유 4리터를 쓴다.')];
  assert.equal(claims.quoteOf('발전기가 쓰는 경유는 시간당 4리터입니다.', korean), korean[1]);
});

test('of two that hold the same the shorter one is meant', () => {
  const both = citation(`${LIT.quote} ${DIESEL.quote}`);
  assert.equal(claims.quoteOf(LIT.quote, [both, LIT]), LIT);
});

test('without quotes there is none, and a claim without words takes the first', () => {
  assert.equal(claims.quoteOf('Anything.', []), null);
  assert.equal(claims.quoteOf('', [LIT, DIESEL]), LIT);
});

test('a number stands behind the sentence before it, other numbers left out', () => {
  const block = document.createElement('p');
  const chip = () => Object.assign(document.createElement('button'), { className: 'citation', textContent: '1' });
  const [first, second, third] = [chip(), chip(), chip()];
  block.append('It was lit in 1872. ', first, ' It burns ', Object.assign(document.createElement('b'), { textContent: 'four litres' }), ' an hour.', second, third);
  assert.equal(claims.claimBefore(first), 'It was lit in 1872.');
  assert.equal(claims.claimBefore(second), 'It burns four litres an hour.');
  assert.equal(claims.claimBefore(third), 'It burns four litres an hour.');
});

test('one range stands out among the marked ones, and nothing is lost', () => {
  const pieces = markRanges('abcdefgh', [{ start: 0, end: 2 }, { start: 3, end: 5 }, { start: 4, end: 7 }], { start: 3, end: 5 });
  assert.deepEqual(pieces, [
    { text: 'ab', marked: true },
    { text: 'c', marked: false },
    { text: 'de', marked: true, strong: true },
    { text: 'fg', marked: true },
    { text: 'h', marked: false },
  ]);
});
