import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { excerpt } from '../src/utils/excerpt.js';
import { formatRank } from '../src/utils/format.js';
import { useMessages } from '../src/utils/i18n.js';
import { passageQuotes } from '../src/utils/passage_quotes.js';
import { nextCount, readSearch, searchAddress } from '../src/utils/search_address.js';
import { openBrowser } from './support/browser.js';
import { answer, fakeServer, refused, until } from './support/server.js';

/** @type {typeof import('../src/store/search.js')} */
let store;
/** @type {typeof import('../src/store/sources.js')} */
let sources;

before(async () => {
  openBrowser();
  store = await import('../src/store/search.js');
  sources = await import('../src/store/sources.js');
});

const usual = readSearch('');
/** @param {string} query */
const ask = (query) => store.search({ ...usual, query });
const beside = { degraded: [], cached: false, timings: { total_ms: 1 } };

test('what is searched stands in the address, and comes back from it', () => {
  /** @type {import('../src/shapes.js').Search} */
  const search = { query: '등대 & diesel', mode: 'bm25', collection: 'c 1', count: 25 };
  const address = searchAddress(search);
  assert.deepEqual(readSearch(address.slice(address.indexOf('?'))), search);
  assert.equal(searchAddress(usual), '/search');
  assert.equal(searchAddress({ query: 'x' }), '/search?q=x');
});

test('an address that makes no sense is read as far as it does', () => {
  assert.deepEqual(readSearch('?q=+x+&mode=magic&k=7&collection='), { ...usual, query: 'x' });
});

test('more is asked for step by step, until there is no more to ask for', () => {
  assert.deepEqual([10, 25, 50, 100].map(nextCount), [25, 50, 100, null]);
});

test('an older search that ends late changes nothing', async () => {
  /** @type {(response: Response) => void} */
  let release = () => {};
  const asked = fakeServer({
    'GET /search': (_body, url) =>
      url.searchParams.get('q') === 'old'
        ? new Promise((resolve) => (release = resolve))
        : answer([{ passage_id: 2 }], beside),
  });
  const old = ask('old');
  await until(() => asked.length === 1);
  await ask('new');
  release(answer([{ passage_id: 1 }], beside));
  await old;
  assert.equal(store.$search.get().asked?.query, 'new');
  assert.deepEqual(store.$search.get().result?.hits, [{ passage_id: 2 }]);
});

test('the last result stays until the next one comes, and goes with the query', async () => {
  fakeServer({ 'GET /search': () => answer([{ passage_id: 1 }], beside) });
  await ask('one');
  const next = ask('two');
  assert.equal(store.$search.get().state, 'loading');
  assert.equal(store.$search.get().result?.hits.length, 1);
  await next;
  await ask('');
  assert.deepEqual(store.$search.get(), { asked: null, result: null, state: 'idle', problem: null });
});

test('a search that fails says why and shows nothing old', async () => {
  fakeServer({ 'GET /search': () => refused(503, 'SEARCH_UNAVAILABLE') });
  await ask('three');
  const { state, problem, result } = store.$search.get();
  assert.deepEqual([state, problem?.error_code, result], ['failed', 'SEARCH_UNAVAILABLE', null]);
});

test('a passage that was found opens with its words marked in the text and all of it in the file', async () => {
  fakeServer({
    'GET /documents/d/passages': () => answer([], { next_cursor: null }),
    'GET /documents/d': () => answer({ id: 'd' }),
  });
  const marks = [{ start: 4, end: 9 }];
  /** @type {import('../src/shapes.js').Hit} */
  const hit = {
    passage_id: 7, document_id: 'd', title: 'T', collection_id: 'c', page: 2, heading: null, start: 0, end: 40, score: 1,
    text: 'The ferry leaves at seven. It returns at nine.', ranks: { bm25: 1, vector: null }, marks,
  };
  await sources.openHit(hit, 3);
  const open = sources.$openSource.get();
  assert.equal(open?.source.n, 3);
  assert.deepEqual(open?.marks, marks);
  assert.deepEqual(open?.citations.map(({ quote }) => quote), ['The ferry leaves at seven.', 'It returns at nine.']);
  sources.closeSource();
});

test('what is looked for on a page is long enough to stand there once', () => {
  assert.deepEqual(passageQuotes('3.6 Title\n\nA sentence of some length. No.\n12'), ['A sentence of some length.']);
  assert.deepEqual(passageQuotes('short'), ['short']);
});

test('an excerpt begins at the sentence with the words, wherever in the passage they stand', () => {
  const filler = 'Nothing of it stands here at all. '.repeat(14);
  const text = `${filler}The ferry 😀 leaves at seven.`;
  const start = Array.from(text).join('').indexOf('ferry');
  const { cut, pieces } = excerpt(text, [{ start, end: start + 5 }]);
  assert.equal(cut, true);
  assert.deepEqual(pieces.find(({ marked }) => marked)?.text, 'ferry');
  assert.ok(pieces[0].text.length < 150);
  assert.match(pieces[0].text, /^(Nothing|The)/);
  assert.equal(pieces.map((piece) => piece.text).join(''), text.slice(-pieces.map((piece) => piece.text).join('').length));
});

test('a short passage is shown whole', () => {
  assert.deepEqual(excerpt('a ferry', [{ start: 2, end: 7 }]), {
    cut: false,
    pieces: [{ text: 'a ', marked: false }, { text: 'ferry', marked: true }],
  });
  assert.equal(excerpt('word '.repeat(200), []).cut, false);
});

test('ranks are said as people say them', () => {
  useMessages('en', { 'rank.one': '{rank}st', 'rank.two': '{rank}nd', 'rank.few': '{rank}rd', 'rank.other': '{rank}th' });
  assert.deepEqual([1, 2, 3, 4, 11, 21, 112].map(formatRank), ['1st', '2nd', '3rd', '4th', '11th', '21st', '112th']);
  useMessages('ko', { 'rank.other': '{rank}위' });
  assert.deepEqual([1, 2, 23].map(formatRank), ['1위', '2위', '23위']);
});
