import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { openBrowser } from './support/browser.js';
import { answer, fakeServer, refused } from './support/server.js';

/** @type {typeof import('../src/store/keys.js')} */
let keys;
/** @type {typeof import('../src/utils/key_snippets.js')} */
let snippets;

before(async () => {
  openBrowser();
  keys = await import('../src/store/keys.js');
  snippets = await import('../src/utils/key_snippets.js');
});

/** @param {string} id */
const key = (id) => ({ id, name: id, prefix: 'lo_abcdef', scopes: ['read'], collection_ids: null, created_at: '', expires_at: null, last_used_at: null });
const wanted = /** @type {any} */ ({ name: 'new', scopes: ['read'], expires_days: null, collection_ids: null });

test('a new key is listed without its secret, which its maker alone is given', async () => {
  fakeServer({ 'GET /keys': () => answer([key('old')]), 'POST /keys': () => answer({ ...key('new'), key: 'lo_secret' }) });
  await keys.loadKeys();
  assert.equal(await keys.makeKey(wanted), 'lo_secret');
  assert.deepEqual(keys.$keys.get().items.map(({ id }) => id), ['new', 'old']);
  assert.ok(!JSON.stringify(keys.$keys.get()).includes('lo_secret'));
});

test('a key that has been revoked elsewhere is gone here too; any other refusal leaves it', async () => {
  fakeServer({
    'GET /keys': () => answer([key('a'), key('b')]),
    'DELETE /keys/a': () => refused(404, 'KEY_NOT_FOUND'),
    'DELETE /keys/b': () => refused(503, 'STORAGE_UNAVAILABLE'),
  });
  await keys.loadKeys();
  await keys.revokeKey('a');
  await assert.rejects(keys.revokeKey('b'));
  assert.deepEqual(keys.$keys.get().items.map(({ id }) => id), ['b']);
});

test('every snippet names the server that the page came from, and no key', () => {
  const texts = snippets.keySnippets('https://docs.example.org').map(({ text }) => text);
  assert.equal(texts.length, 4);
  for (const text of texts) {
    assert.ok(text.includes('https://docs.example.org'));
    assert.ok(text.includes(snippets.PLACEHOLDER));
  }
});
