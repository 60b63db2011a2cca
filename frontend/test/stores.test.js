import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { openBrowser } from './support/browser.js';
import { answer, fakeServer, refused, until } from './support/server.js';

/** @type {typeof import('../src/store/conversations.js')} */
let conversations;
/** @type {typeof import('../src/store/session.js')} */
let session;
/** @type {typeof import('../src/store/undoable.js')} */
let undoable;
/** @type {typeof import('../src/store/notices.js')} */
let notices;
/** @type {typeof import('../src/store/chat_threads.js')} */
let threads;

before(async () => {
  openBrowser();
  conversations = await import('../src/store/conversations.js');
  session = await import('../src/store/session.js');
  undoable = await import('../src/store/undoable.js');
  notices = await import('../src/store/notices.js');
  threads = await import('../src/store/chat_threads.js');
});

/** @param {string} id @param {object} [more] */
const conversation = (id, more = {}) => ({ id, title: id, pinned: false, collection_ids: [], created_at: '', updated_at: '', ...more });
const ids = () => conversations.$conversations.get().items.map(({ id }) => id);

test('conversations are read page by page, each once', async () => {
  fakeServer({
    'GET /conversations': (_body, url) =>
      url.searchParams.get('cursor')
        ? answer([conversation('b'), conversation('c')], { next_cursor: null })
        : answer([conversation('a'), conversation('b')], { next_cursor: 'n' }),
  });
  await conversations.loadConversations('');
  await conversations.loadMoreConversations();
  await conversations.loadMoreConversations();
  assert.deepEqual(ids(), ['a', 'b', 'c']);
});

test('a new name is shown at once and goes back when refused', async () => {
  fakeServer({ 'PATCH /conversations/a': () => refused(500, 'INTERNAL_ERROR') });
  const changing = conversations.changeConversation('a', { title: 'new' });
  assert.equal(conversations.$conversations.get().items[0].title, 'new');
  await changing;
  assert.equal(conversations.$conversations.get().items[0].title, 'a');
  assert.equal(notices.$notices.get().at(-1)?.tone, 'bad');
});

test('a deletion can be taken back before it is carried out', () => {
  const asked = fakeServer({ 'GET /conversations': () => answer([conversation('a')]) });
  conversations.deleteConversation('a');
  assert.ok(!ids().includes('a'));
  notices.$notices.get().at(-1)?.action?.run();
  undoable.commitDeletions();
  assert.ok(asked.every(({ route }) => !route.startsWith('DELETE')));
});

test('leaving the page carries a deletion out', async () => {
  const asked = fakeServer({
    'GET /conversations': () => answer([conversation('a'), conversation('b')]),
    'DELETE /conversations/b': () => answer(null),
  });
  await conversations.loadConversations('');
  conversations.deleteConversation('b');
  undoable.commitDeletions();
  await until(() => asked.some(({ route }) => route === 'DELETE /conversations/b'));
});

test('what is being deleted does not come back by reading the list again', async () => {
  fakeServer({ 'GET /conversations': () => answer([conversation('a'), conversation('b')]) });
  await conversations.loadConversations('');
  conversations.deleteConversation('a');
  await conversations.loadConversations('');
  assert.deepEqual(ids(), ['b']);
  notices.$notices.get().at(-1)?.action?.run();
});

test('somebody who is not signed in is not asked for', async () => {
  const asked = fakeServer({ 'GET /about': () => answer({ setup_required: true }) });
  await session.loadSession();
  assert.equal(session.$session.get(), 'signed_out');
  assert.deepEqual(asked.map(({ route }) => route), ['GET /about']);
});

test('a session that ends while working is expired, not signed out', async () => {
  const user = { id: 'u', email: 'a@b', name: 'A', role: 'member', created_at: '' };
  fakeServer({
    'GET /about': () => answer({ setup_required: false, model: { provider: 'extractive' } }),
    'POST /auth/login': () => answer(user),
    'GET /conversations': () => refused(401, 'NOT_SIGNED_IN'),
  });
  const stop = session.watchSession();
  await session.signIn({ email: 'a@b', password: 'x' });
  assert.equal(session.$session.get(), 'signed_in');
  await conversations.loadConversations('');
  assert.equal(session.$session.get(), 'expired');
  await session.signIn({ email: 'a@b', password: 'x' });
  assert.equal(session.$session.get(), 'signed_in');
  stop();
});

test('a wrong password does not end the session', async () => {
  fakeServer({ 'POST /auth/login': () => refused(401, 'WRONG_CREDENTIALS') });
  await assert.rejects(session.signIn({ email: 'a', password: 'b' }), { code: 'WRONG_CREDENTIALS', requestId: 'r-1' });
  assert.equal(session.$session.get(), 'signed_in');
});

test('a draft is kept for each conversation and goes when it is empty', () => {
  threads.writeDraft(null, 'new');
  threads.writeDraft('v1', 'other');
  assert.equal(threads.readDraft(null), 'new');
  assert.equal(threads.readDraft('v1'), 'other');
  threads.writeDraft(null, '');
  assert.equal(threads.readDraft(null), '');
});

test('a conversation that was read is opened again at once', async () => {
  const asked = fakeServer({ 'GET /conversations/v9/messages': () => answer([], { next_cursor: null }) });
  const first = threads.openThread('v9');
  await until(() => first.$state.get().state === 'idle');
  threads.openThread(null);
  assert.equal(threads.openThread('v9'), first);
  assert.equal(asked.length, 1);
});

test('without a connection the page opens for who was signed in, and asks once there is one', async () => {
  const user = { id: 'u', email: 'a@b', name: 'A', role: 'member', created_at: '' };
  fakeServer({ 'GET /about': () => answer({ model: {} }), 'GET /auth/me': () => answer(user) });
  await session.loadSession();
  globalThis.fetch = async () => {
    throw new TypeError('Failed to fetch');
  };
  await session.loadSession();
  assert.equal(session.$session.get(), 'signed_in');
  assert.equal(session.$user.get()?.name, 'A');
  assert.equal(session.$user.get()?.email, '', 'no more than that is kept in the browser');
  assert.equal(await session.confirmSession(), false);
  fakeServer({ 'GET /about': () => answer({}), 'GET /auth/me': () => refused(401, 'NOT_SIGNED_IN') });
  assert.equal(await session.confirmSession(), false);
  assert.equal(session.$session.get(), 'expired');
});

test('without a connection nobody is let in who was not signed in', async () => {
  localStorage.clear();
  globalThis.fetch = async () => {
    throw new TypeError('Failed to fetch');
  };
  await assert.rejects(session.loadSession(), { code: 'UNREACHABLE' });
});
