import assert from 'node:assert/strict';
import { before, beforeEach, test } from 'node:test';

import { RoutedPage, settled } from './support/routed_page.js';
import { until } from './support/server.js';

const at = new RoutedPage();

before(() => at.open());
beforeEach(() => at.begin());

/** @param {string} href @param {Record<string, string>} [attributes] */
function link(href, attributes = {}) {
  const made = document.createElement('a');
  made.setAttribute('href', href);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(document.createElement('span'));
  document.body.append(made);
  return made;
}

/** @param {HTMLAnchorElement} target @param {MouseEventInit} [options] whether the browser is to follow it itself */
function left(target, options = {}) {
  let followed = false;
  // jsdom would go there: what the router leaves to the browser ends here.
  const end = (/** @type {Event} */ event) => {
    followed = !event.defaultPrevented;
    event.preventDefault();
  };
  at.window.addEventListener('click', end, { once: true });
  target.firstElementChild?.dispatchEvent(new at.window.MouseEvent('click', { bubbles: true, cancelable: true, ...options }));
  return followed;
}

test('links of this page are followed without loading it', async () => {
  assert.equal(left(link('/search?q=lamp')), false);
  await until(() => at.shown === 'lo-search-page');
  assert.equal(at.here, '/search?q=lamp');
});

test('every other link and every other click is the browser’s', async () => {
  const own = link('/search');
  for (const options of [{ ctrlKey: true }, { metaKey: true }, { shiftKey: true }, { altKey: true }, { button: 1 }]) {
    assert.equal(left(own, options), true, JSON.stringify(options));
  }
  for (const other of [
    link('https://elsewhere.example/search'), link('/api/v1/documents'), link('/search', { target: '_blank' }), link('/search', { download: '' }),
  ]) {
    assert.equal(left(other), true, other.outerHTML);
  }
  await settled();
  assert.equal(at.shown, 'lo-chat-page');
});

test('pointing at a link or coming to it by keys fetches its page, but not for those who save data', async () => {
  const target = link('/evaluate');
  for (const kind of ['pointerover', 'focusin']) {
    await at.renew('evaluate');
    at.loads.length = 0;
    target.firstElementChild?.dispatchEvent(new Event(kind, { bubbles: true }));
    assert.deepEqual(at.loads, ['evaluate'], kind);
  }
  await at.renew('evaluate');
  at.loads.length = 0;
  const before = globalThis.navigator;
  Object.defineProperty(globalThis, 'navigator', { value: { connection: { saveData: true } }, configurable: true });
  target.firstElementChild?.dispatchEvent(new Event('pointerover', { bubbles: true }));
  assert.deepEqual(at.loads, []);
  Object.defineProperty(globalThis, 'navigator', { value: before, configurable: true });
  document.body.dispatchEvent(new Event('pointerover', { bubbles: true }));
  assert.equal(at.shown, 'lo-chat-page');
});
