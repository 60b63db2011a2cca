import { atom } from 'nanostores';

import { uploadFile } from '../services/uploads.js';
import { Pace } from '../utils/pace.js';
import { isAbort, toProblem } from '../utils/problem.js';
import { $intake, loadCollections } from './collections.js';
import { addDocument } from './documents.js';
import { $about, whenSignedIn } from './session.js';
import { $news, followClosely, isWorking, seen } from './work.js';

/** @typedef {import('../shapes.js').Upload} Upload */
/** @typedef {import('../shapes.js').Problem} Problem */

const AT_ONCE = 3;
/** How often the progress of a file is shown, at most. */
const SHOWN_EVERY = 200;

/** Files on their way, and those that were refused. */
export const $uploads = atom(/** @type {Upload[]} */ ([]));

/** @type {Map<string, {file: File, abort: AbortController}>} */
const files = new Map();
const pace = new Pace();
let running = 0;
let made = 0;

/**
 * Send files, a few at a time; what cannot be taken says so at once.
 * @param {File[]} chosen
 */
export function addFiles(chosen) {
  const intake = $intake.get();
  const forbidden = intake?.access === 'reader';
  const added = chosen.map((file) => {
    made += 1;
    const id = `upload-${made}`;
    const error = forbidden ? { error_code: 'READ_ONLY', message: '' } : refusal(file);
    if (!error) files.set(id, { file, abort: new AbortController() });
    return /** @type {Upload} */ ({
      id,
      filename: file.name,
      bytes: file.size,
      collection_id: intake?.id ?? null,
      status: error ? 'refused' : 'waiting',
      progress: 0,
      left: null,
      error,
      document_id: null,
      document: null,
    });
  });
  $uploads.set([...$uploads.get(), ...added]);
  next();
}

/** @param {string} id stop an upload, or take a refused one off the list */
export function dismissUpload(id) {
  files.get(id)?.abort.abort();
  files.delete(id);
  $uploads.set($uploads.get().filter((upload) => upload.id !== id));
}

/** Stop everything that has not been sent yet. */
export function cancelUploads() {
  for (const { id } of $uploads.get().filter(isSending)) files.get(id)?.abort.abort();
  for (const { id } of $uploads.get().filter(isSending)) files.delete(id);
  $uploads.set($uploads.get().filter((upload) => !isSending(upload)));
}

/** @param {string} id */
export function retryUpload(id) {
  if (!files.has(id)) return;
  change(id, { status: 'waiting', progress: 0, error: null });
  next();
}

/** Take what has been dealt with off the list. */
export function clearUploads() {
  for (const upload of $uploads.get()) if (!isSending(upload)) files.delete(upload.id);
  $uploads.set($uploads.get().filter(isSending));
}

/** @param {string} id whether there is a file to send again */
export function canRetryUpload(id) {
  return files.has(id);
}

/** @param {Pick<Upload, 'status'>} upload */
export function isSending({ status }) {
  return status === 'waiting' || status === 'uploading';
}

function next() {
  while (running < AT_ONCE) {
    const waiting = $uploads.get().find(({ status }) => status === 'waiting');
    if (!waiting) return;
    void run(waiting);
  }
}

/** @param {Upload} upload */
async function run({ id, collection_id: collectionId }) {
  const entry = files.get(id);
  if (!entry) return;
  running += 1;
  change(id, { status: 'uploading' });
  entry.abort = new AbortController();
  try {
    const { signal } = entry.abort;
    const onProgress = progressOf(id);
    // A file that the end of a session has stopped is sent once more after signing in again.
    const outcome = await whenSignedIn(() => uploadFile(entry.file, { collectionId, signal, onProgress }));
    if (outcome.error) throw { code: outcome.error.error_code, message: outcome.error.message };
    files.delete(id);
    const [document] = outcome.document ? seen([outcome.document]) : [null];
    change(id, {
      status: outcome.duplicate && !outcome.job ? 'duplicate' : 'done',
      progress: 1,
      left: null,
      document_id: document?.id ?? null,
      document,
    });
    if (document) {
      addDocument(document);
      void followClosely(document);
    }
    if (!$uploads.get().some(isSending)) void loadCollections();
  } catch (error) {
    if (!isAbort(error)) change(id, { status: 'refused', left: null, error: toProblem(error) });
  } finally {
    pace.forget(id);
    running -= 1;
    next();
  }
}

/** @param {string} id @returns {(progress: number) => void} */
function progressOf(id) {
  let shown = -SHOWN_EVERY;
  return (progress) => {
    const left = pace.left(id, progress, 1);
    if (performance.now() - shown < SHOWN_EVERY && progress < 1) return;
    shown = performance.now();
    change(id, { progress, left });
  };
}

/** @param {File} file @returns {Problem | null} */
function refusal(file) {
  const about = $about.get();
  if (!about) return null;
  const dot = file.name.lastIndexOf('.');
  const extension = dot < 0 ? '' : file.name.slice(dot).toLowerCase();
  if (!about.formats.includes(extension)) return { error_code: 'UNSUPPORTED_TYPE', message: '' };
  if (file.size > about.max_upload_bytes) return { error_code: 'FILE_TOO_LARGE', message: '' };
  if (file.size === 0) return { error_code: 'EMPTY_FILE', message: '' };
  return null;
}

/** @param {string} id @param {Partial<Upload>} values */
function change(id, values) {
  $uploads.set($uploads.get().map((item) => (item.id === id ? { ...item, ...values } : item)));
}

$news.listen((news) => {
  const byId = new Map(news.map((document) => [document.id, document]));
  const uploads = $uploads.get();
  if (!uploads.some((upload) => upload.document_id && byId.has(upload.document_id))) return;
  $uploads.set(
    uploads.map((upload) => {
      const document = byId.get(upload.document_id ?? '');
      return document && document !== upload.document ? { ...upload, document } : upload;
    }),
  );
  if (news.some((document) => !isWorking(document))) void loadCollections();
});
