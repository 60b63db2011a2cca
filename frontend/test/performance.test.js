import assert from 'node:assert/strict';
import { before, beforeEach, mock, test } from 'node:test';

import { dotted, extent, powersOfTen, verticalRange } from '../src/utils/chart_scales.js';
import { formatFigure, formatMoment, formatSince, formatTick } from '../src/utils/figures.js';
import { useMessages } from '../src/utils/i18n.js';
import { exportName, toCsv, toJson } from '../src/utils/performance_export.js';
import { rating, VITALS } from '../src/utils/web_vitals.js';
import { openBrowser } from './support/browser.js';
import { en, ko, NOW, point, report } from './support/performance.js';
import { answer, fakeServer, refused, until } from './support/server.js';

/** @type {typeof import('../src/store/performance.js')} */
let store;
/** @type {typeof import('../src/utils/poll_visible.js')} */
let polling;
let hidden = false;

before(async () => {
  openBrowser();
  Object.defineProperty(document, 'hidden', { get: () => hidden });
  store = await import('../src/store/performance.js');
  polling = await import('../src/utils/poll_visible.js');
});

beforeEach(() => {
  hidden = false;
  useMessages('en', en);
});

/** @param {boolean} away */
function look(away) {
  hidden = away;
  document.dispatchEvent(new (/** @type {any} */ (document.defaultView).Event)('visibilitychange'));
}

/** Let promises go on while the clock stands. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

test('figures are written in both languages, as exactly as it helps', () => {
  const written = () => [
    formatFigure('ms', 0.25), formatFigure('ms', 4.26), formatFigure('ms', 412.4), formatFigure('ms', 2500),
    formatFigure('ms', 90_000), formatFigure('ms', 7_200_000), formatFigure('share', 0.805), formatFigure('percent', 140),
    formatFigure('bytes', 2 ** 28), formatFigure('count', 12_345), formatFigure('rate', 0.25), formatFigure('score', 0.1),
  ];
  assert.deepEqual(written(), [
    '0.25 ms', '4.3 ms', '412 ms', '2.5 sec', '1.5 min', '2 hr', '80.5%', '140%', '256 MB', '12,345', '0.25/s', '0.1',
  ]);
  useMessages('ko', ko);
  assert.deepEqual(written(), [
    '0.25ms', '4.3ms', '412ms', '2.5초', '1.5분', '2시간', '80.5%', '140%', '256MB', '12,345', '초당 0.25건', '0.1',
  ]);
});

test('what is not known is not written as nought', () => {
  assert.deepEqual([null, undefined, NaN].map((value) => formatFigure('ms', value)), ['–', '–', '–']);
  assert.equal(formatFigure('count', 0), '0');
});

test('moments are as exact as the points are', () => {
  assert.equal(formatMoment(NOW, 10), 'Nov 18, 15:00:00');
  assert.equal(formatMoment(NOW, 720), 'Nov 18, 15:00');
  assert.deepEqual([formatTick(NOW, 10), formatTick(NOW, 600), formatTick(NOW - 15 * 3600, 600)], ['15:00:00', '15:00', '18 Wed']);
});

test('a day is named as people do', () => {
  const ago = (/** @type {number} */ days) => formatSince(NOW - days * 86_400, NOW);
  assert.deepEqual([ago(0), ago(1), ago(3), formatSince(null, NOW)], ['today', 'since yesterday', 'since Sunday', 'for the whole week']);
  useMessages('ko', ko);
  assert.deepEqual([ago(0), ago(1), ago(3), formatSince(null, NOW)], ['오늘', '어제부터', '일요일부터', '일주일 내내']);
});

test('a table for spreadsheets has a line a point and a column a figure', () => {
  const shown = report('5m');
  shown.series = [
    { ...point(NOW - 10), requests: 3, stages: { bm25: { count: 2, p50_ms: 1.5, p95_ms: 2 } } },
    { ...point(NOW), web_vitals: { lcp: { desktop: 812.5, phone: null } } },
  ];
  const rows = toCsv(shown).trimEnd().split('\r\n').map((row) => row.split(','));
  const [columns, first, second] = rows;
  assert.equal(rows.length, 3);
  assert.ok(rows.every(({ length }) => length === columns.length));
  const cell = (/** @type {string[]} */ row, /** @type {string} */ name) => row[columns.indexOf(name)];
  assert.equal(columns[0], 'at');
  assert.equal(cell(first, 'at'), new Date((NOW - 10) * 1000).toISOString());
  assert.deepEqual([cell(first, 'requests'), cell(first, 'stages.bm25.p95_ms'), cell(second, 'stages.bm25.p95_ms')], ['3', '2', '']);
  assert.deepEqual([cell(second, 'web_vitals.lcp.desktop'), cell(second, 'web_vitals.lcp.phone')], ['812.5', '']);
});

test('the other download is the whole report, and both are named by range and time', () => {
  assert.deepEqual(JSON.parse(toJson(report('24h'))), report('24h'));
  assert.equal(exportName(report('24h'), 'csv'), 'like-opt-performance-24h-2026-11-18-1500.csv');
  assert.equal(exportName(report('7d'), 'json'), 'like-opt-performance-7d-2026-11-18-1500.json');
});

test('a time axis of tens holds all values, and others begin at nought', () => {
  const chart = /** @type {any} */ ({ kind: 'ms', bounds: [{ value: 2500, tone: 'good' }, { value: 4000, tone: 'bad' }] });
  assert.deepEqual(verticalRange({ ...chart, logarithmic: true }, 0.4, 730), [0.1, 1000]);
  assert.deepEqual(powersOfTen(0.1, 1000), [0.1, 1, 10, 100, 1000]);
  const [from, to] = verticalRange(chart, 300, 900);
  assert.ok(from === 0 && to > 2500 && to < 4000, 'what good is stays in sight');
  assert.ok(verticalRange(chart, 300, 9000)[1] > 9000);
  assert.deepEqual(verticalRange({ ...chart, kind: 'share' }, 0.2, 0.3), [0, 1]);
  assert.ok(verticalRange({ ...chart, bounds: [] }, null, null)[1] > 0);
});

test('lonely points are dots, and a line that goes on shows where it was measured', () => {
  assert.deepEqual(dotted([1, null, 2, 3, null, 0], false), [0, 5]);
  assert.deepEqual(dotted([1, null, 2, 3, null, 0], true), [0, 2, 3, 5]);
  assert.deepEqual(dotted(Array(100).fill(1), true), []);
});

test('a summary tells the latest that is known', () => {
  assert.deepEqual(extent([3, 1, 5, null]), { latest: 5, lowest: 1, highest: 5 });
  assert.equal(extent([null, null]), null);
});

test('a vital at its bound is still good', () => {
  assert.deepEqual([2500, 2501, 4000, 4001].map((value) => rating(VITALS.lcp, value)), ['good', 'fair', 'fair', 'poor']);
});

test('a visible page asks again and again, a hidden one not at all', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const task = mock.fn(async () => {});
  const stop = polling.pollWhileVisible(task, 1000);
  await settle();
  context.mock.timers.tick(1000);
  await settle();
  assert.equal(task.mock.callCount(), 2);
  look(true);
  context.mock.timers.tick(60_000);
  await settle();
  assert.equal(task.mock.callCount(), 2);
  look(false);
  await settle();
  assert.equal(task.mock.callCount(), 3, 'what was missed is caught up with at once');
  stop();
  context.mock.timers.tick(60_000);
  look(false);
  assert.equal(task.mock.callCount(), 3);
});

test('a page that is hidden or left breaks off what it asked for', async () => {
  /** @type {AbortSignal[]} */
  const signals = [];
  const stop = polling.pollWhileVisible((signal) => new Promise(() => signals.push(signal)), 1000);
  look(true);
  assert.equal(signals[0].aborted, true);
  look(false);
  stop();
  assert.deepEqual(signals.map(({ aborted }) => aborted), [true, true]);
});

test('figures stay when new ones cannot be had, and the problem is told until they can', async () => {
  fakeServer({ 'GET /performance': (_body, url) => answer(report(/** @type {any} */ (url.searchParams.get('range')))) });
  await store.loadPerformance('24h');
  assert.equal(store.$performance.get().report?.range, '24h');
  fakeServer({ 'GET /performance': () => refused(503, 'STORAGE_UNAVAILABLE') });
  await store.loadPerformance('24h');
  assert.equal(store.$performance.get().report?.range, '24h');
  assert.equal(store.$performance.get().problem?.error_code, 'STORAGE_UNAVAILABLE');
  fakeServer({ 'GET /performance': () => answer(report('5m')) });
  await store.loadPerformance('5m');
  assert.deepEqual([store.$performance.get().report?.range, store.$performance.get().problem], ['5m', null]);
});

test('hints that cannot be found out are not taken for none', async () => {
  fakeServer({ 'GET /performance': () => refused(503, 'STORAGE_UNAVAILABLE') });
  await store.loadHints();
  assert.equal(store.$hints.get()?.hints, null);
});

test('hints are of the last hour and week, and the week is asked for now and again alone', async () => {
  const week = report('7d');
  /** @type {import('../src/shapes.js').PerformanceReport} */
  let hour = { ...report('1h'), system: { queue_oldest: 400, queue_length: 2 } };
  const asked = fakeServer({
    'GET /performance': (_body, url) => answer(url.searchParams.get('range') === '7d' ? week : hour),
  });
  const stop = store.watchPerformance('5m');
  await until(() => Boolean(store.$hints.get()?.hints));
  stop();
  assert.deepEqual(store.$hints.get()?.hints?.map(({ code }) => code), ['queue']);
  await store.loadHints();
  hour = { ...hour, system: {}, to: NOW + 600 };
  await store.loadHints();
  assert.deepEqual(store.$hints.get()?.hints, []);
  const ranges = asked.map(({ url }) => url.searchParams.get('range'));
  assert.equal(ranges.filter((range) => range === '7d').length, 2);
  assert.equal(ranges.filter((range) => range === '1h').length, 3);
});
