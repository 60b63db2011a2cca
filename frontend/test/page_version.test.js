import assert from 'node:assert/strict';
import { before, beforeEach, test } from 'node:test';

import { openBrowser } from './support/browser.js';

/** @type {typeof import('../src/services/page_version.js')} */
let service;
/** @type {typeof import('../src/store/page_version.js')} */
let version;
/** @type {typeof import('../src/store/notices.js')} */
let notices;

before(async () => {
  openBrowser();
  const script = document.createElement('script');
  script.setAttribute('src', '/static/runtime.aaaaaaaaaaaaaaaa.js');
  document.body.append(script);
  service = await import('../src/services/page_version.js');
  version = await import('../src/store/page_version.js');
  notices = await import('../src/store/notices.js');
});

beforeEach(() => notices.$notices.set([]));

/** @param {string} page @param {number} [status] */
function serve(page, status = 200) {
  globalThis.fetch = async () => new Response(page, { status });
}

test('a page with the same runtime is the same page', async () => {
  serve('<script src="/static/runtime.aaaaaaaaaaaaaaaa.js"></script>');
  assert.equal(await service.isOutdated(), false);
});

test('a page with another runtime is a newer one', async () => {
  serve('<script src="/static/runtime.bbbbbbbbbbbbbbbb.js"></script>');
  assert.equal(await service.isOutdated(), true);
});

test("a proxy's sign-in page or an error is no newer page", async () => {
  serve('<h1>Sign in</h1>');
  assert.equal(await service.isOutdated(), false);
  serve('<script src="/static/runtime.bbbbbbbbbbbbbbbb.js"></script>', 503);
  assert.equal(await service.isOutdated(), false);
});

test('without an answer nothing is offered', async () => {
  globalThis.fetch = async () => {
    throw new TypeError('Failed to fetch');
  };
  await version.check();
  assert.equal(await version.pageIsOutdated(), false);
  assert.deepEqual(notices.$notices.get(), []);
});

test('a newer version is offered once, and the offer stays while other notices come and go', async () => {
  serve('<script src="/static/runtime.bbbbbbbbbbbbbbbb.js"></script>');
  await version.check();
  await version.check();
  for (let n = 0; n < 6; n += 1) notices.notify({ text: `notice ${n}` })();
  const dismissals = [1, 2, 3, 4, 5, 6].map((n) => notices.notify({ text: String(n) }));
  const shown = notices.$notices.get();
  for (const dismiss of dismissals) dismiss();
  assert.equal(shown.filter(({ lasting }) => lasting).length, 1);
  assert.equal(shown.length, 5);
});
