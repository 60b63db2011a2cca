import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { openBrowser } from './support/browser.js';
import { en, ko, point, report } from './support/performance.js';

/** @typedef {import('../src/shapes.js').PerformanceReport} Report */

/** @type {typeof import('../src/utils/performance_hints.js')} */
let rules;
/** @type {typeof import('../src/utils/i18n.js')} */
let i18n;
/** @type {typeof import('../src/pages/performance/tiles.js')} */
let tiles;
/** @type {typeof import('../src/components/hint_list.js')} */
let list;

before(async () => {
  openBrowser();
  rules = await import('../src/utils/performance_hints.js');
  i18n = await import('../src/utils/i18n.js');
  tiles = await import('../src/pages/performance/tiles.js');
});

const DAY = 86_400;
const quiet = () => report('7d');
/** @param {Partial<Report>} hour @param {Report} [week] */
const hints = (hour, week = quiet()) => rules.hintsOf({ hour: { ...report('1h'), ...hour }, week });
/** @param {Partial<Report>} hour @param {Report} [week] */
const codes = (hour, week) => hints(hour, week).map(({ code, tone }) => `${code} ${tone}`);
/** @param {number | null} p95 @param {number} [average] */
const response = (p95, average = 20) => ({ average_ms: average, p50_ms: 5, p95_ms: p95, p99_ms: p95 });
/** @param {number} p95 */
const stage = (p95, count = 100) => ({ count, p50_ms: p95 / 2, p95_ms: p95 });

/**
 * A week in which each point's own day decides.
 * @param {(daysAgo: number) => Partial<import('../src/shapes.js').PerformancePoint>} of
 */
function week(of) {
  const found = quiet();
  const today = new Date(found.to * 1000).setHours(0, 0, 0, 0) / 1000;
  return {
    ...found,
    series: found.series.map(({ at }) => ({ ...point(at), ...of(Math.max(0, Math.ceil((today - at) / DAY))) })),
  };
}

/** @param {number} value @param {number} [count] */
const onPhones = (value, count = 3) => ({
  web_vitals: { lcp: { desktop: null, phone: value } },
  web_vitals_count: { lcp: { desktop: 0, phone: count } },
});

test('nothing is said of a server that does well, nor of one that nobody asks', () => {
  assert.deepEqual(hints({}), []);
  assert.deepEqual(hints({ requests: 500, response: response(80), error_rate: 0 }), []);
});

test('slow answers are told with the stage that takes most of it', () => {
  const slow = { requests: 400, response: response(900), stages: { vector: stage(800), bm25: stage(30), total: stage(880) } };
  const [hint] = hints(slow);
  assert.equal(hint.code, 'slow_stage');
  assert.deepEqual(hint.values, { value: ['ms', 900], bound: ['ms', 500], stage: 'vector', own: ['ms', 800] });
  assert.equal(hint.detail, 'vector');
  assert.equal(hint.since, undefined);
});

test('where no stage explains it, the search is not blamed', () => {
  assert.deepEqual(codes({ requests: 400, response: response(900), stages: { vector: stage(100) } }), ['slow bad']);
});

test('exactly at the aim nothing is said, and of few requests neither', () => {
  assert.deepEqual(codes({ requests: 400, response: response(500, 200) }), []);
  assert.deepEqual(codes({ requests: 49, response: response(9000, 9000) }), []);
  assert.deepEqual(codes({ requests: 400, response: response(500, 201) }), ['average warn']);
});

test('slow answers are told from the first of the days on which they were slow', () => {
  const slow = { requests: 400, response: response(900) };
  const since = (/** @type {Report} */ of) => hints(slow, of)[0].since;
  const days = week((ago) => ({ requests: 30, response: response(ago <= 2 ? 800 : 90) }));
  assert.equal(new Date(Number(since(days)) * 1000).toDateString(), new Date((days.to - 2 * DAY) * 1000).toDateString());
  assert.equal(since(week(() => ({ requests: 30, response: response(800) }))), null);
});

test('errors are told from the third on, and are serious above one in twenty', () => {
  assert.deepEqual(codes({ requests: 100, errors: 2, error_rate: 0.02 }), []);
  assert.deepEqual(codes({ requests: 150, errors: 3, error_rate: 0.02 }), ['errors warn']);
  assert.deepEqual(codes({ requests: 50, errors: 3, error_rate: 0.06 }), ['errors bad']);
});

test('a cache that answers too little is told once enough was asked', () => {
  const cache = (/** @type {number} */ hits, /** @type {number} */ misses, errors = 0) => ({
    cache: { hits, misses, stale: 0, errors, hit_rate: hits / (hits + misses), layers: {} },
  });
  assert.deepEqual(codes(cache(10, 39)), []);
  assert.deepEqual(codes(cache(39, 11)), ['cache warn']);
  assert.deepEqual(codes(cache(40, 10)), []);
  assert.deepEqual(codes(cache(40, 10, 10)), ['cache_errors bad']);
});

test('a queue, a disk and a memory without room are told', () => {
  const system = (/** @type {Record<string, number>} */ values) => codes({ system: values });
  assert.deepEqual(system({ queue_oldest: 300, queue_length: 3 }), []);
  assert.deepEqual(system({ queue_oldest: 301, queue_length: 3 }), ['queue warn']);
  assert.deepEqual(system({ queue_oldest: 901, queue_length: 3 }), ['queue bad']);
  assert.deepEqual(system({ disk_free: 11e9, disk_total: 100e9 }), []);
  assert.deepEqual(system({ disk_free: 9e9, disk_total: 100e9 }), ['disk bad']);
  assert.deepEqual(system({ disk_free: 1.9e9, disk_total: 4e9 }), ['disk bad']);
  assert.deepEqual(system({ machine_memory_available: 9, machine_memory_total: 100 }), ['memory bad']);
});

test('busy processors and a slow model are told', () => {
  const series = (/** @type {number} */ busy) => ({ series: report('1h').series.map((known) => ({ ...known, machine_cpu: busy })) });
  assert.deepEqual(codes(series(85)), []);
  assert.deepEqual(codes(series(86)), ['processor warn']);
  assert.deepEqual(codes({ stages: { first_token: stage(6000, 4) } }), []);
  assert.deepEqual(codes({ stages: { first_token: stage(6000, 5) } }), ['first_token warn']);
});

test('pages that are slow on phones are told from the day on which it began', () => {
  const [hint] = hints({}, week((ago) => onPhones(ago <= 3 ? 3000 : 1500)));
  assert.deepEqual([hint.code, hint.variant, hint.detail, hint.tone], ['vital', 'phone', 'lcp', 'warn']);
  assert.deepEqual(hint.values, { vital: 'LCP', value: ['ms', 3000], bound: ['ms', 2500] });
  assert.equal(new Date(Number(hint.since) * 1000).toDateString(), new Date((quiet().to - 3 * DAY) * 1000).toDateString());
});

test('one good visit at night does not begin it anew, and one slow one is no reason', () => {
  const noisy = week((ago) => onPhones(ago <= 3 ? 3000 : 1500));
  const night = noisy.series.findIndex(({ at }) => at > noisy.to - DAY);
  Object.assign(noisy.series[night], onPhones(100, 1));
  assert.equal(new Date(Number(hints({}, noisy)[0].since) * 1000).toDateString(), new Date((noisy.to - 3 * DAY) * 1000).toDateString());
  const once = week(() => ({}));
  Object.assign(once.series[once.series.length - 1], onPhones(9000, 4));
  assert.deepEqual(hints({}, once), []);
});

test('what was slow until it was mended is told no more', () => {
  assert.deepEqual(hints({}, week((ago) => onPhones(ago === 0 ? 1000 : 3000))), []);
  assert.deepEqual(hints({}, week((ago) => (ago >= 3 ? onPhones(3000) : {}))), []);
});

test('poor pages are serious, and what is serious stands first', () => {
  const poor = week(() => onPhones(4100));
  assert.deepEqual(codes({ system: { queue_oldest: 400, queue_length: 1 } }, poor), ['vital bad', 'queue warn']);
});

test('every hint has words in both languages, with what to do', async () => {
  globalThis.HTMLElement ??= /** @type {any} */ (class {});
  Object.assign(globalThis, { customElements: { get: () => true, define: () => {} } });
  list = await import('../src/components/hint_list.js');
  const all = [
    ...hints({
      requests: 400, errors: 30, error_rate: 0.075, response: response(900), stages: { vector: stage(800), first_token: stage(9000) },
      cache: { hits: 10, misses: 90, stale: 0, errors: 20, hit_rate: 0.1, layers: {} },
      system: { queue_oldest: 1000, queue_length: 3, disk_free: 1, disk_total: 100, machine_memory_available: 1, machine_memory_total: 100 },
      series: report('1h').series.map((known) => ({ ...known, machine_cpu: 99 })),
    }, week((ago) => onPhones(ago <= 3 ? 3000 : 1500))),
    ...hints({ requests: 400, response: response(900) }),
    ...hints({ requests: 400, response: response(90, 300) }),
  ];
  assert.equal(new Set(all.map(({ code }) => code)).size, 12);
  for (const [name, table] of /** @type {const} */ ([['en', en], ['ko', ko]])) {
    i18n.useMessages(name, table);
    for (const hint of all) {
      const text = list.hintText(hint, quiet().to);
      assert.ok(!/[{}]|hint\./.test(text), text);
      assert.ok(i18n.hasMessage(list.todoKey(hint)), list.todoKey(hint));
    }
  }
  i18n.useMessages('en', en);
  const slow = all.find(({ code }) => code === 'vital');
  assert.match(list.hintText(/** @type {any} */ (slow), quiet().to), /^LCP on phones is above 2\.5 sec since \w+day: 3 sec at p75\.$/);
});

test('tiles judge no handful either', () => {
  i18n.useMessages('en', en);
  /** @param {number} requests @param {number} hits @param {number} misses */
  const states = (requests, hits, misses) => {
    const cache = { ...quiet().cache, hits, misses, hit_rate: hits / (hits + misses) };
    return tiles.tilesOf({ ...quiet(), requests, response: response(900, 20), cache }).slice(0, 3).map((tile) => `${'state' in tile ? tile.state : ''} ${tile.detail}`);
  };
  const few = (/** @type {number} */ count) => `plain Too few to judge yet: ${count} of 50`;
  assert.deepEqual(states(49, 0, 1), [few(49), few(49), few(1)]);
  assert.deepEqual(states(50, 10, 40), ['good Aim 200 ms: met', 'bad Aim 500 ms: missed', 'bad Aim 80%: missed']);
  assert.deepEqual(states(50, 40, 9)[2], few(49));
});
