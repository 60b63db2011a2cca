import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { conversationAt } from '../src/pages/frame/places.js';
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
  assert.equal(conversationAt('/chat/%E0%A4%A'), '%E0%A4%A');
  assert.equal(conversationAt('/chat/a%20b'), 'a b');
  assert.equal(conversationAt('/documents'), null);
});

test('signing in goes on to pages of this site only', () => {
  assert.equal(safePath('/chat/1?x=1'), '/chat/1?x=1');
  const { address } = JSON.parse(readFileSync(new URL('../../tests/fixtures/xss.json', import.meta.url), 'utf-8'));
  for (const path of address) {
    const { origin, pathname } = new URL(safePath(path), 'https://own.example');
    assert.equal(origin, 'https://own.example', path);
    assert.notEqual(matchRoute(pathname), null, path);
  }
  for (const path of ['//evil.example', '/\\evil.example', 'https://evil.example', 'javascript:x', '/api/v1/x', null, '']) {
    assert.equal(safePath(path), '/', String(path));
  }
});
