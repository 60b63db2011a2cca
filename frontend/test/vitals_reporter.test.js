import assert from 'node:assert/strict';
import { before, beforeEach, test } from 'node:test';

import { openBrowser } from './support/browser.js';

/** @type {typeof import('../src/utils/vitals_reporter.js')} */
let vitals;
/** @type {{address: string, body: any}[]} */
let sent = [];
let accepts = true;
let onLine = true;
/** @type {[Function, string][]} */
let observed = [];

before(async () => {
  openBrowser('http://localhost/chat/secret-id');
  const sendBeacon = (/** @type {string} */ address, /** @type {Blob} */ blob) => {
    if (accepts) void blob.text().then((text) => sent.push({ address, body: JSON.parse(text) }));
    return accepts;
  };
  Object.defineProperty(globalThis, 'navigator', { value: { userAgent: 'test', sendBeacon, get onLine() { return onLine; } }, configurable: true });
  vitals = await import('../src/utils/vitals_reporter.js');
});

beforeEach(() => {
  sent = [];
  accepts = onLine = true;
  observed = [];
  localStorage.clear();
});

const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

test('measurements go in one message of the agreed shape', async () => {
  const reporter = new vitals.VitalsReporter();
  reporter.record('lcp', 812.4);
  reporter.record('cls', 0.0123456);
  reporter.send();
  await settled();
  assert.equal(sent[0].address, '/api/v1/metrics');
  assert.deepEqual(sent[0].body.metrics.map((/** @type {any} */ { name, value }) => [name, value]), [['lcp', 812.4], ['cls', 0.012]]);
  assert.equal(sent[0].body.userAgent, 'test');
});

test('the address that is sent names no conversation', async () => {
  const reporter = new vitals.VitalsReporter();
  reporter.record('lcp', 1);
  reporter.send();
  await settled();
  assert.equal(sent[0].body.url, 'http://localhost/chat');
});

test('nothing measured, nothing sent', async () => {
  new vitals.VitalsReporter().send();
  await settled();
  assert.deepEqual(sent, []);
});

test('what could not be sent is kept for the next visit', async () => {
  accepts = false;
  const reporter = new vitals.VitalsReporter();
  reporter.record('lcp', 1);
  reporter.send();
  accepts = true;
  const next = new vitals.VitalsReporter();
  next.send();
  await settled();
  assert.equal(sent[0].body.metrics.length, 1);
  assert.equal(localStorage.getItem('likeopt.metrics'), null);
});

test('without a network nothing is handed over, and all of it is told later', async () => {
  onLine = false;
  const reporter = new vitals.VitalsReporter();
  reporter.record('lcp', 1);
  reporter.send();
  reporter.record('inp', 2);
  reporter.send();
  await settled();
  assert.deepEqual(sent, []);
  onLine = true;
  reporter.send();
  reporter.send();
  await settled();
  assert.deepEqual(sent.map(({ body }) => names(body)), [['lcp', 'inp']]);
});

test('two tabs tell what was kept once', async () => {
  accepts = false;
  const [first, second] = [new vitals.VitalsReporter(), new vitals.VitalsReporter()];
  first.record('lcp', 1);
  second.record('cls', 0.1);
  first.send();
  second.send();
  accepts = true;
  first.send();
  second.send();
  await settled();
  assert.deepEqual(sent.map(({ body }) => names(body)), [['lcp', 'cls']]);
});

test('what is kept is bounded, and rubbish in its place is passed over', async () => {
  localStorage.setItem('likeopt.metrics', '{"no": "list"}');
  accepts = false;
  const reporter = new vitals.VitalsReporter();
  for (let count = 0; count < 500; count += 1) reporter.record('lcp', count);
  reporter.send();
  for (let count = 0; count < 20; count += 1) reporter.record('inp', count);
  reporter.send();
  accepts = true;
  reporter.send();
  await settled();
  const { metrics } = sent[0].body;
  assert.equal(metrics.length, 200);
  assert.equal(metrics.at(-1).name, 'inp');
  assert.equal(metrics[0].value, 320);
});

test('measurements go every half minute, when the page is hidden, and no more once stopped', async (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] });
  Object.defineProperty(globalThis, 'PerformanceObserver', { value: firstInputObserver(), configurable: true });
  let visibilityState = 'visible';
  Object.defineProperty(document, 'visibilityState', { get: () => visibilityState, configurable: true });
  const change = () => document.dispatchEvent(new (/** @type {any} */ (document.defaultView).Event)('visibilitychange'));
  const reporter = new vitals.VitalsReporter({ load: async () => library() });
  const stop = reporter.start();
  await settled();
  observed.forEach(([report, name], value) => report({ name, value }));
  context.mock.timers.tick(29_999);
  change();
  await settled();
  assert.equal(sent.length, 0, 'a visible page waits');
  context.mock.timers.tick(1);
  await settled();
  assert.deepEqual(names(sent[0].body), ['fid', 'lcp', 'cls', 'ttfb', 'fcp'], 'a longer interaction may come yet');
  assert.equal(sent[0].body.metrics[0].value, 7.5);
  reporter.record('cls', 0.2);
  visibilityState = 'hidden';
  change();
  await settled();
  assert.deepEqual(names(sent[1].body), ['cls', 'inp']);
  change();
  await settled();
  assert.equal(sent.length, 2, 'an interaction is told once');
  stop();
  reporter.record('cls', 0.3);
  change();
  context.mock.timers.tick(90_000);
  await settled();
  assert.equal(sent.length, 2);
});

/** @param {any} body @returns {string[]} */
const names = (body) => body.metrics.map((/** @type {any} */ { name }) => name);

/** A `web-vitals` that remembers who asked. */
function library() {
  const on = (/** @type {string} */ name) => (/** @type {Function} */ report) => void observed.push([report, name]);
  return /** @type {any} */ ({ onLCP: on('LCP'), onINP: on('INP'), onCLS: on('CLS'), onTTFB: on('TTFB'), onFCP: on('FCP') });
}

test('of a visit its longest interaction is told, the one that ended it too', async (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] });
  Object.defineProperty(globalThis, 'PerformanceObserver', { value: { supportedEntryTypes: [] }, configurable: true });
  let visibilityState = 'visible';
  Object.defineProperty(document, 'visibilityState', { get: () => visibilityState, configurable: true });
  const hidden = new (/** @type {any} */ (document.defaultView).Event)('visibilitychange');
  const stop = new vitals.VitalsReporter({ load: async () => library() }).start();
  await settled();
  const [reportInteraction] = observed.find(([, name]) => name === 'INP') ?? [];
  for (const value of [24, 80]) reportInteraction?.({ name: 'INP', value });
  visibilityState = 'hidden';
  // The library hears of it first, and tells what it had not told yet.
  document.defaultView?.addEventListener('visibilitychange', () => reportInteraction?.({ name: 'INP', value: 312 }), { capture: true, once: true });
  document.dispatchEvent(hidden);
  await settled();
  assert.deepEqual(sent[0].body.metrics.map((/** @type {any} */ { name, value }) => [name, value]), [['inp', 312]]);
  stop();
});

/** A browser that still reports the first input. */
function firstInputObserver() {
  return class {
    static supportedEntryTypes = ['first-input'];
    /** @param {(list: object) => void} callback */
    constructor(callback) {
      this.callback = callback;
    }
    observe() {
      this.callback({ getEntries: () => [{ startTime: 100, processingStart: 107.5 }] });
    }
    disconnect() {}
  };
}
