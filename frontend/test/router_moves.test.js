import assert from 'node:assert/strict';
import { before, beforeEach, test } from 'node:test';

import { RoutedPage, settled } from './support/routed_page.js';
import { until } from './support/server.js';

const at = new RoutedPage();

before(() => at.open());
beforeEach(() => at.begin());

test('a page’s code is fetched when it is gone to, once, and the frame stays', async () => {
  const before = at.frame;
  await at.go('/search?q=lamp', 'lo-search-page');
  assert.deepEqual(at.loads, ['search'], 'the frame had come before');
  assert.equal(at.frame, before);
  assert.equal(at.frame.path, '/search');
  await at.go('/', 'lo-chat-page');
  await at.go('/search', 'lo-search-page');
  assert.deepEqual(at.loads, ['search']);
  assert.deepEqual(at.measured, ['search', 'chat', 'search']);
});

test('what is searched changes the address without another page or another time', async () => {
  await at.go('/search', 'lo-search-page');
  const page = at.frame.page;
  const entries = at.window.history.length;
  document.dispatchEvent(new CustomEvent('navigate', { detail: { path: '/search?q=x', replace: true } }));
  await settled();
  assert.equal(at.here, '/search?q=x');
  assert.equal(at.frame.page, page);
  assert.equal(at.window.history.length, entries);
  assert.deepEqual(at.measured, ['search']);
});

test('the same kind of page is given another thing to show', async () => {
  at.router?.go('/chat/one');
  await until(() => at.frame.page.params?.id === 'one');
  const page = at.frame.page;
  at.router?.go('/chat/two');
  await until(() => at.frame.page.params?.id === 'two');
  assert.equal(at.frame.page, page);
});

test('whoever goes elsewhere while a page is on its way sees where they went last', async () => {
  const documents = at.hold('documents');
  at.router?.go('/documents');
  await at.go('/search', 'lo-search-page');
  documents.come();
  await settled();
  assert.equal(at.shown, 'lo-search-page');
  assert.equal(at.here, '/search');
  assert.ok(!at.measured.includes('documents'));
});

test('a page that fails to come does not take the place of the one that was gone to meanwhile', async () => {
  const evaluate = at.hold('evaluate');
  at.router?.go('/evaluate');
  await at.go('/search', 'lo-search-page');
  evaluate.fail(new Error('no network'));
  await settled();
  assert.equal(at.shown, 'lo-search-page');
  assert.equal(at.outlet?.querySelector('[role=alert]'), null);
});

test('a page whose code does not come says so, and comes when it is asked for again', async () => {
  at.hold('performance').fail(new Error('no network'));
  at.router?.go('/performance');
  await until(() => at.outlet?.querySelector('[role=alert]') !== null);
  assert.equal(at.here, '/performance');
  at.letCome();
  at.outlet?.querySelector('button')?.click();
  await until(() => at.shown === 'lo-performance-page');
  assert.deepEqual(at.loads.filter((name) => name === 'performance').length, 2);
  assert.equal(at.outlet?.querySelector('[role=alert]'), null);
});

test('a page that a newer version has replaced asks to load that one', async () => {
  at.serverPage = '<script src="/static/runtime.bbbbbbbbbbbbbbbb.js"></script>';
  at.hold('settings').fail(new Error('404'));
  at.router?.go('/settings/account');
  await until(() => at.outlet?.querySelector('[role=alert]') !== null);
  const { t } = await import('../src/utils/i18n.js');
  assert.equal(at.outlet?.querySelector('button')?.textContent, t('action.reload'));
  at.serverPage = '';
});

test('back and forward show what was there', async () => {
  await at.go('/search', 'lo-search-page');
  at.window.history.back();
  await until(() => at.shown === 'lo-chat-page');
  at.window.history.forward();
  await until(() => at.shown === 'lo-search-page');
});

test('who is not signed in is asked to, and goes on to where they wanted', async () => {
  at.session?.set('signed_out');
  await until(() => at.shown === 'lo-sign-in-page');
  assert.equal(at.here, '/sign-in');
  at.router?.go('/documents/d1?view=pages');
  await until(() => at.here.startsWith('/sign-in?'));
  assert.equal(new URLSearchParams(at.window.location.search).get('next'), '/documents/d1?view=pages');
  assert.equal(Boolean(at.frame), false, 'nothing of the account is left');
  at.session?.set('signed_in');
  await until(() => at.shown === 'lo-documents-page');
  assert.equal(at.here, '/documents/d1?view=pages');
  assert.deepEqual(at.frame.page.params, { id: 'd1' });
});

test('whoever is signed in is not asked again, except by a link', async () => {
  at.router?.go('/sign-in?next=https://evil.example/');
  await until(() => at.here === '/');
  assert.equal(at.shown, 'lo-chat-page');
  await at.go('/invite/token', 'lo-sign-in-page');
  assert.equal(at.here, '/invite/token');
});

test('a session that has expired leaves the page as it is', async () => {
  await at.go('/search?q=x', 'lo-search-page');
  const page = at.frame.page;
  at.session?.set('expired');
  await settled();
  assert.equal(at.frame.page, page);
  assert.equal(at.here, '/search?q=x');
});

test('an address that there is not leads to the beginning', async () => {
  at.router?.go('/elsewhere');
  await until(() => at.here === '/');
  assert.equal(at.shown, 'lo-chat-page');
});
