import assert from 'node:assert/strict';
import { afterEach, before, beforeEach, mock, test } from 'node:test';

import { openBrowser } from './support/browser.js';
import { answer, fakeServer } from './support/server.js';

/** @type {typeof import('../src/store/connection.js')} */
let connection;
/** @type {typeof import('../src/services/api_client.js')} */
let api;
/** @type {EventTarget} */
let window;
/** The event of Node, whose own event target stands for the window. */
const PlainEvent = Event;
let online = true;
let stop = () => {};

before(async () => {
  openBrowser();
  window = new EventTarget();
  Object.defineProperty(globalThis, 'navigator', { value: { get onLine() { return online; } }, configurable: true });
  globalThis.addEventListener = window.addEventListener.bind(window);
  connection = await import('../src/store/connection.js');
  api = await import('../src/services/api_client.js');
});

beforeEach(() => {
  online = true;
  connection.$connection.set('online');
  stop = connection.watchConnection();
  mock.timers.enable({ apis: ['setTimeout'] });
});

afterEach(() => {
  stop();
  mock.timers.reset();
});

const state = () => connection.$connection.get();
const settled = () => new Promise((resolve) => setImmediate(resolve));
const serverIsAway = () => {
  globalThis.fetch = async () => {
    throw new TypeError('Failed to fetch');
  };
};

test('without a network the page is offline, and online as soon as the server answers', async () => {
  online = false;
  window.dispatchEvent(new PlainEvent('offline'));
  assert.equal(state(), 'offline');
  let back = 0;
  const forget = connection.onBack(() => (back += 1));
  fakeServer({ 'GET /health/live': () => answer(null) });
  online = true;
  window.dispatchEvent(new PlainEvent('online'));
  await settled();
  assert.equal(state(), 'online');
  assert.equal(back, 1);
  forget();
});

test('a request that breaks says nothing while the server shows signs of life', async () => {
  let asked = 0;
  globalThis.fetch = async (address) => {
    if (String(address).endsWith('/health/live')) return answer((asked += 1));
    throw new TypeError('Failed to fetch');
  };
  await assert.rejects(api.request('/conversations'), { code: 'UNREACHABLE' });
  await settled();
  assert.equal(asked, 1);
  assert.equal(state(), 'online');
});

test('a server that does not answer is asked again until it does', async () => {
  serverIsAway();
  await assert.rejects(api.request('/conversations'), { code: 'UNREACHABLE' });
  await settled();
  assert.equal(state(), 'unreachable');
  mock.timers.tick(2000);
  await settled();
  assert.equal(state(), 'unreachable');
  fakeServer({ 'GET /health/live': () => answer(null) });
  mock.timers.tick(4000);
  await settled();
  assert.equal(state(), 'online');
});

test('a proxy that answers for a server that is away is no sign of life', async () => {
  globalThis.fetch = async () => new Response('Bad gateway', { status: 502 });
  await connection.checkConnection();
  assert.equal(state(), 'unreachable');
});
