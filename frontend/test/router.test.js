import assert from 'node:assert/strict';
import { test } from 'node:test';

import { loadPage } from '../src/router/page_loader.js';
import { matchRoute, safePath } from '../src/router/routes.js';

test('addresses lead to their pages', () => {
  assert.equal(matchRoute('/')?.route.page, 'chat');
  assert.deepEqual(matchRoute('/chat/a%20b')?.params, { id: 'a b' });
  assert.equal(matchRoute('/documents')?.route.page, 'documents');
  assert.deepEqual(matchRoute('/documents/d1')?.params, { id: 'd1' });
  assert.equal(matchRoute('/sign-in')?.route.framed, false);
  assert.equal(matchRoute('/elsewhere'), null);
  assert.equal(matchRoute('/chat/a/b'), null);
});

test('a broken escape is not an error', () => {
  assert.deepEqual(matchRoute('/chat/%E0%A4%A')?.params, { id: '%E0%A4%A' });
});

test('signing in goes on to pages of this site only', () => {
  assert.equal(safePath('/chat/1?x=1'), '/chat/1?x=1');
  for (const path of ['//evil.example', '/\\evil.example', 'https://evil.example', 'javascript:x', '/api/v1/x', null, '']) {
    assert.equal(safePath(path), '/', String(path));
  }
});

test('a page is loaded once, however often it is asked for', async () => {
  let loads = 0;
  const loaders = { chat: async () => (loads += 1) };
  await Promise.all([loadPage('chat', loaders), loadPage('chat', loaders)]);
  await loadPage('chat', loaders);
  assert.equal(loads, 1);
});

test('a page that could not be loaded is asked for again', async () => {
  let loads = 0;
  const loaders = {
    documents: async () => {
      loads += 1;
      if (loads === 1) throw new Error('offline');
    },
  };
  await assert.rejects(loadPage('documents', loaders));
  await loadPage('documents', loaders);
  assert.equal(loads, 2);
});
