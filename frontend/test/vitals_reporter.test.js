import assert from 'node:assert/strict';
import { before, beforeEach, test } from 'node:test';

import { openBrowser } from './support/browser.js';

/** @type {typeof import('../src/utils/vitals_reporter.js')} */
let vitals;
/** @type {{address: string, body: any}[]} */
let sent = [];
let accepts = true;

before(async () => {
  openBrowser('http://localhost/chat/secret-id');
  const sendBeacon = (/** @type {string} */ address, /** @type {Blob} */ blob) => {
    if (accepts) void blob.text().then((text) => sent.push({ address, body: JSON.parse(text) }));
    return accepts;
  };
  Object.defineProperty(globalThis, 'navigator', { value: { userAgent: 'test', sendBeacon }, configurable: true });
  vitals = await import('../src/utils/vitals_reporter.js');
});

beforeEach(() => {
  sent = [];
  accepts = true;
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
