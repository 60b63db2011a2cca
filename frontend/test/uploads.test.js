import assert from 'node:assert/strict';
import { before, beforeEach, test } from 'node:test';

import { openBrowser } from './support/browser.js';
import { answer, fakeServer, until } from './support/server.js';
import { FakeXhr } from './support/xhr.js';

/** @typedef {import('../src/shapes.js').Upload} Upload */

/** @type {typeof import('../src/services/uploads.js')} */
let service;
/** @type {typeof import('../src/store/uploads.js')} */
let store;
/** @type {typeof import('../src/store/session.js')} */
let session;

const { sent } = FakeXhr;

before(async () => {
  openBrowser();
  globalThis.XMLHttpRequest = /** @type {any} */ (FakeXhr);
  service = await import('../src/services/uploads.js');
  store = await import('../src/store/uploads.js');
  session = await import('../src/store/session.js');
});

beforeEach(async () => {
  store.cancelUploads();
  store.clearUploads();
  await settled();
  sent.length = 0;
  session.$session.set('signed_in');
  fakeServer({ 'GET /collections': () => answer([]) });
});

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));
const file = (/** @type {string} */ name) => new File(['words'], name);
const files = (/** @type {number} */ count) => Array.from({ length: count }, (_, n) => file(`${n}.txt`));
const states = () => store.$uploads.get().map(({ status }) => status);
const taken = (/** @type {string} */ id) => ({ data: [{ document: { id, status: 'ready', progress: 1 }, job: null, duplicate: false, error: null }] });
const refused = (/** @type {string} */ code) => ({ error_code: code, message: 'no', request_id: 'r-1' });
/** @param {FakeXhr} request */
const nameOf = ({ body }) => /** @type {File | undefined} */ (body?.get('files'))?.name;

// --- one file -----------------------------------------------------------------------------------

/** @param {AbortController} [abort] */
function upload(abort = new AbortController()) {
  /** @type {number[]} */
  const seen = [];
  const options = { collectionId: 'c', signal: abort.signal, onProgress: (/** @type {number} */ ratio) => seen.push(ratio) };
  return { outcome: service.uploadFile(file('a.txt'), options), seen };
}

test('a file goes with its collection, and how much has gone is told', async () => {
  const { outcome, seen } = upload();
  assert.equal(sent[0].opened, 'POST /api/v1/documents');
  assert.deepEqual([nameOf(sent[0]), sent[0].body?.get('collection_id')], ['a.txt', 'c']);
  sent[0].progress(1, 4);
  sent[0].progress(4, 4);
  sent[0].upload.onprogress?.({ lengthComputable: false, loaded: 1, total: 0 });
  sent[0].answer(202, taken('d'));
  assert.equal((await outcome).document?.id, 'd');
  assert.deepEqual(seen, [0.25, 1]);
});

test('a refusal has its code and its request, whatever answers', async () => {
  const first = upload();
  sent[0].answer(413, refused('FILE_TOO_LARGE'));
  await assert.rejects(first.outcome, { code: 'FILE_TOO_LARGE', status: 413, requestId: 'r-1' });
  const second = upload();
  sent[1].answer(502, '<h1>Bad gateway</h1>');
  await assert.rejects(second.outcome, { code: 'INTERNAL_ERROR', status: 502 });
  const third = upload();
  sent[2].fail();
  await assert.rejects(third.outcome, { code: 'UNREACHABLE' });
});

test('what is cancelled is no longer sent, also before it began', async () => {
  const abort = new AbortController();
  const { outcome } = upload(abort);
  abort.abort();
  await assert.rejects(outcome, { name: 'AbortError' });
  assert.ok(sent[0].aborted);
  await assert.rejects(upload(abort).outcome, { name: 'AbortError' });
  assert.equal(sent.length, 1);
});

// --- many ---------------------------------------------------------------------------------------

test('three go at once, and the next one when one has ended', async () => {
  store.addFiles(files(5));
  assert.deepEqual(states(), ['uploading', 'uploading', 'uploading', 'waiting', 'waiting']);
  assert.equal(sent.length, 3);
  sent[1].answer(202, taken('d1'));
  await until(() => sent.length === 4);
  assert.equal(nameOf(sent[3]), '3.txt');
  assert.deepEqual(states(), ['uploading', 'done', 'uploading', 'uploading', 'waiting']);
  sent[0].answer(415, refused('UNSUPPORTED_TYPE'));
  await until(() => sent.length === 5);
  for (const at of [2, 3, 4]) sent[at].answer(202, taken(`d${at}`));
  await until(() => states().every((status) => status === 'done' || status === 'refused'));
  assert.deepEqual(states(), ['refused', 'done', 'done', 'done', 'done']);
});

test('a file that has been sent is on its way until the server has taken it', async () => {
  store.addFiles(files(1));
  const shown = () => store.$uploads.get()[0];
  assert.equal(shown().progress, 0);
  sent[0].progress(1, 2);
  assert.deepEqual([shown().status, shown().progress], ['uploading', 0.5]);
  sent[0].progress(2, 2);
  assert.deepEqual([shown().status, shown().progress, shown().document_id], ['uploading', 1, null]);
  assert.ok(store.isSending(shown()));
  sent[0].answer(202, taken('d'));
  await until(() => shown().status === 'done');
  assert.equal(shown().document_id, 'd');
  assert.ok(!store.isSending(shown()));
  assert.ok(!store.canRetryUpload(shown().id), 'it is not kept any longer than it is needed');
});

test('the same file again is told apart from a new one', async () => {
  store.addFiles(files(1));
  sent[0].answer(202, { data: [{ ...taken('d').data[0], duplicate: true }] });
  await until(() => states()[0] === 'duplicate');
});

test('one that is cancelled while it is sent goes from the list and makes way for another', async () => {
  store.addFiles(files(4));
  store.dismissUpload(store.$uploads.get()[1].id);
  assert.ok(sent[1].aborted);
  await until(() => sent.length === 4);
  assert.deepEqual(store.$uploads.get().map(({ filename }) => filename), ['0.txt', '2.txt', '3.txt']);
  assert.deepEqual(states(), ['uploading', 'uploading', 'uploading']);
  sent[1].answer(202, taken('too late'));
  await settled();
  assert.equal(store.$uploads.get().length, 3);
});

test('all are cancelled at once: what waits is never sent, what was refused stays to be seen', async () => {
  store.addFiles(files(6));
  sent[0].answer(415, refused('UNSUPPORTED_TYPE'));
  await until(() => states()[0] === 'refused');
  store.cancelUploads();
  await settled();
  assert.deepEqual(states(), ['refused']);
  assert.ok(sent.slice(1).every(({ aborted }) => aborted));
  assert.equal(sent.length, 4, 'nothing that waited has begun');
  store.addFiles([file('later.txt')]);
  assert.equal(nameOf(sent[4]), 'later.txt');
});

test('one that was refused is sent again as it was', async () => {
  store.addFiles(files(1));
  const [{ id }] = store.$uploads.get();
  sent[0].fail();
  await until(() => states()[0] === 'refused');
  assert.equal(store.$uploads.get()[0].error?.error_code, 'UNREACHABLE');
  assert.ok(store.canRetryUpload(id));
  store.retryUpload(id);
  assert.deepEqual([states()[0], store.$uploads.get()[0].error], ['uploading', null]);
  assert.equal(nameOf(sent[1]), '0.txt');
  sent[1].answer(202, taken('d'));
  await until(() => states()[0] === 'done');
  store.retryUpload(id);
  assert.equal(sent.length, 2, 'what has been taken is not sent twice');
});

test('one that the server refuses in its list says why', async () => {
  store.addFiles(files(1));
  sent[0].answer(200, { data: [{ document: null, job: null, duplicate: false, error: { error_code: 'ROOM_FULL', message: '' } }] });
  await until(() => states()[0] === 'refused');
  assert.equal(store.$uploads.get()[0].error?.error_code, 'ROOM_FULL');
});

test('a file that the end of a session stopped is sent once more after signing in', async () => {
  const stop = session.watchSession();
  store.addFiles(files(1));
  sent[0].answer(401, refused('NOT_SIGNED_IN'));
  await until(() => session.$session.get() === 'expired');
  await settled();
  assert.deepEqual([states()[0], sent.length], ['uploading', 1]);
  session.$session.set('signed_in');
  await until(() => sent.length === 2);
  sent[1].answer(202, taken('d'));
  await until(() => states()[0] === 'done');
  stop();
});

test('what this server cannot take is refused without being sent', () => {
  session.$about.set(/** @type {any} */ ({ formats: ['.txt'], max_upload_bytes: 5 }));
  store.addFiles([file('a.TXT'), file('b.exe'), file('c'), new File(['too long'], 'd.txt'), new File([], 'e.txt')]);
  const codes = store.$uploads.get().map(({ error }) => error?.error_code ?? null);
  assert.deepEqual(codes, [null, 'UNSUPPORTED_TYPE', 'UNSUPPORTED_TYPE', 'FILE_TOO_LARGE', 'EMPTY_FILE']);
  assert.deepEqual(sent.map(nameOf), ['a.TXT']);
  session.$about.set(null);
});
