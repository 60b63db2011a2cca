import assert from 'node:assert/strict';
import { before, beforeEach, test } from 'node:test';

import { openBrowser } from './support/browser.js';
import { answer, fakeServer, refused, until } from './support/server.js';

/** @type {typeof import('../src/store/documents.js')} */
let documents;
/** @type {typeof import('../src/store/document_actions.js')} */
let actions;
/** @type {typeof import('../src/store/collections.js')} */
let collections;
/** @type {typeof import('../src/store/members.js')} */
let members;
/** @type {typeof import('../src/store/notices.js')} */
let notices;
/** @type {typeof import('../src/store/undoable.js')} */
let undoable;
/** @type {typeof import('../src/store/uploads.js')} */
let uploads;
/** @type {typeof import('../src/store/work.js')} */
let work;

before(async () => {
  openBrowser();
  documents = await import('../src/store/documents.js');
  actions = await import('../src/store/document_actions.js');
  collections = await import('../src/store/collections.js');
  members = await import('../src/store/members.js');
  notices = await import('../src/store/notices.js');
  undoable = await import('../src/store/undoable.js');
  uploads = await import('../src/store/uploads.js');
  work = await import('../src/store/work.js');
});

beforeEach(() => {
  uploads.clearUploads();
  actions.chooseNone();
});

/** @param {string} id @param {object} [more] @returns {any} */
const doc = (id, more = {}) => ({ id, title: id, filename: `${id}.txt`, collection_id: 'c', status: 'ready', progress: 1, error: null, job_id: `j-${id}`, bytes: 1, ...more });
/** @param {string} id @param {string} access @returns {any} */
const collection = (id, access) => ({ id, name: id, access, documents: 0, version: 1, created_at: '' });
/** @param {string} id @param {string} access @returns {any} */
const member = (id, access) => ({ user_id: id, email: `${id}@b`, name: id, access });
const items = () => documents.$documents.get().items;
const ids = () => items().map(({ id }) => id);

test('a list is asked for by state and order, and goes on where it ended', async () => {
  const asked = fakeServer({
    'GET /documents': (_body, url) =>
      url.searchParams.get('cursor')
        ? answer([doc('b'), doc('c')], { next_cursor: null })
        : answer([doc('a'), doc('b')], { next_cursor: 'n' }),
  });
  await documents.loadDocuments({ show: 'working', sort: 'name', collection: 'c' });
  await documents.loadMoreDocuments();
  assert.deepEqual(ids(), ['a', 'b', 'c']);
  for (const { url } of asked) {
    assert.equal(url.searchParams.get('status'), 'queued,extracting,searchable');
    assert.equal(url.searchParams.get('sort'), 'name');
    assert.equal(url.searchParams.get('collection_id'), 'c');
  }
});

test('a row whose document has not changed stays the same object', async () => {
  let progress = 0.4;
  fakeServer({ 'GET /documents': () => answer([doc('a'), doc('b', { status: 'extracting', progress })]) });
  await documents.loadDocuments({ show: 'all', sort: 'newest' });
  const [first, second] = items();
  progress = 0.5;
  await documents.loadDocuments({ quiet: true });
  assert.equal(items()[0], first);
  assert.notEqual(items()[1], second);
});

test('what is in work is asked for together, and what has ended once more', async () => {
  fakeServer({ 'GET /documents': () => answer([doc('a', { status: 'queued' }), doc('b', { status: 'queued' })]) });
  await documents.loadDocuments({ show: 'all', sort: 'newest' });
  assert.ok(work.hasWork());
  const asked = fakeServer({
    'GET /documents': () => answer([doc('b', { status: 'extracting', progress: 0.1 })]),
    'GET /documents/a': () => answer(doc('a', { status: 'failed', error: { error_code: 'BROKEN_FILE', message: '' } })),
  });
  await work.askWork();
  assert.deepEqual(items().map(({ status }) => status), ['failed', 'extracting']);
  assert.deepEqual(asked.map(({ route }) => route), ['GET /documents', 'GET /documents/a']);
});

test('a document is cancelled by its job, also one that another tab has added', async () => {
  fakeServer({ 'GET /documents': () => answer([doc('a', { status: 'queued' })]) });
  await documents.loadDocuments({});
  const asked = fakeServer({ 'POST /jobs/j-a/cancel': () => answer({ status: 'cancelled', progress: 0, error: null }) });
  await actions.cancelDocument(items()[0]);
  assert.equal(items()[0].status, 'cancelled');
  assert.equal(asked[0].route, 'POST /jobs/j-a/cancel');
});

test('a refused retry shows the failure again, with a message', async () => {
  fakeServer({ 'GET /documents': () => answer([doc('a', { status: 'failed', error: { error_code: 'BROKEN_FILE', message: '' } })]) });
  await documents.loadDocuments({});
  const retrying = actions.retryDocument('a');
  assert.deepEqual([items()[0].status, items()[0].job_id], ['queued', null], 'its old job cannot be cancelled');
  await retrying;
  assert.deepEqual([items()[0].status, items()[0].job_id], ['failed', 'j-a']);
  assert.equal(notices.$notices.get().at(-1)?.tone, 'bad');
});

test('several are deleted with one undo, and come back together', async () => {
  const server = { 'GET /documents': () => answer([doc('a'), doc('b'), doc('c')]) };
  const asked = fakeServer(server);
  await documents.loadDocuments({});
  actions.choose(['a', 'c'], true);
  actions.deleteDocuments([...actions.$chosen.get()]);
  assert.deepEqual([ids(), actions.$chosen.get().size], [['b'], 0]);
  await documents.loadDocuments({ quiet: true });
  assert.deepEqual(ids(), ['b']);
  notices.$notices.get().at(-1)?.action?.run();
  await until(() => ids().length === 3);
  undoable.commitDeletions();
  assert.ok(asked.every(({ route }) => !route.startsWith('DELETE')));
});

test('leaving the page deletes all of them at once; one that is gone already is no matter', async () => {
  const asked = fakeServer({
    'GET /documents': () => answer([doc('b')]),
    'DELETE /documents/a': () => answer(null),
    'DELETE /documents/b': () => refused(404, 'DOCUMENT_NOT_FOUND'),
    'GET /collections': () => answer([]),
  });
  const before = notices.$notices.get().length;
  actions.deleteDocuments(['a', 'b']);
  undoable.commitDeletions();
  assert.deepEqual(asked.map(({ route }) => route), ['DELETE /documents/a', 'DELETE /documents/b']);
  await until(() => asked.some(({ route }) => route === 'GET /collections'));
  assert.ok(notices.$notices.get().length <= before, 'nothing is complained of');
});

test('files go into the chosen collection, else the first own one, and nowhere that is only read', () => {
  fakeServer({});
  collections.$collections.set([collection('r', 'reader'), collection('o', 'owner'), collection('e', 'editor')]);
  collections.chooseCollection(null);
  assert.equal(collections.$intake.get()?.id, 'o');
  collections.chooseCollection('e');
  assert.equal(collections.$intake.get()?.id, 'e');
  collections.chooseCollection('r');
  uploads.addFiles([new File(['x'], 'a.txt')]);
  assert.equal(uploads.$uploads.get()[0].error?.error_code, 'READ_ONLY');
  collections.chooseCollection(null);
});

test('a new name goes back when it is refused', async () => {
  fakeServer({ 'PATCH /collections/o': () => refused(409, 'NAME_TAKEN') });
  collections.$collections.set([collection('o', 'owner')]);
  const renaming = collections.renameCollection('o', 'new');
  assert.equal(collections.$collections.get()[0].name, 'new');
  await assert.rejects(renaming, { code: 'NAME_TAKEN' });
  assert.equal(collections.$collections.get()[0].name, 'o');
});

test('a member changes at once, and back with the reason when an owner would be missing', async () => {
  fakeServer({
    'GET /collections/o/members': () => answer([member('me', 'owner'), member('b', 'reader')]),
    'PUT /collections/o/members': (body) => (body.email === 'me@b' ? refused(409, 'CONFLICT') : answer(member('b', body.access))),
    'DELETE /collections/o/members/b': () => answer(null),
  });
  await members.loadMembers('o');
  const access = () => members.$members.get().items.map((item) => item.access);
  const demoting = members.changeMember(members.$members.get().items[0], 'reader');
  assert.deepEqual(access(), ['reader', 'reader']);
  await demoting;
  assert.deepEqual(access(), ['owner', 'reader']);
  assert.equal(members.$members.get().problem?.error_code, 'LAST_OWNER');
  assert.equal(await members.addMember('b@b', 'editor'), true);
  assert.deepEqual(access(), ['owner', 'editor']);
  assert.equal(members.$members.get().problem, null);
  await members.removeMember(members.$members.get().items[1]);
  assert.deepEqual(access(), ['owner']);
});

test('who leaves a collection no longer sees it', async () => {
  fakeServer({ 'DELETE /collections/r/members/': () => answer(null) });
  collections.$collections.set([collection('o', 'owner'), collection('r', 'reader')]);
  collections.chooseCollection('r');
  await members.leaveCollection('r');
  assert.deepEqual(collections.$collections.get().map(({ id }) => id), ['o']);
  assert.equal(collections.$chosenCollection.get(), null);
});

test('a move to another embedder is no state of documents, and is told until it ends', async () => {
  const counts = { queued: 0, extracting: 0, searchable: 0, ready: 1, failed: 0, cancelled: 0 };
  /** @type {object} */
  let status = { ...counts, reembedding: { from: ['use'], to: 'e5', passages: 4, done: 1 } };
  fakeServer({ 'GET /documents': () => answer([doc('a')], { next_cursor: null }), 'GET /indexing/status': () => answer(status) });
  const stop = documents.watchDocuments();
  await documents.loadDocuments({ show: 'all', query: '' });
  assert.deepEqual(documents.$documents.get().counts, counts);
  assert.equal(documents.$documents.get().move?.done, 1);
  status = counts;
  await documents.loadDocuments({ quiet: true });
  assert.equal(documents.$documents.get().move, null);
  stop();
});
