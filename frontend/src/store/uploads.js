import { atom } from 'nanostores';

import { uploadFile } from '../services/uploads.js';
import { isAbort, toProblem } from '../utils/problem.js';
import { $chosenCollection, loadCollections } from './collections.js';
import { addDocument } from './documents.js';
import { $about, whenSignedIn } from './session.js';

/** @typedef {import('../shapes.js').Upload} Upload */
/** @typedef {import('../shapes.js').Problem} Problem */

const AT_ONCE = 3;

/** Files on their way, and those that were refused. */
export const $uploads = atom(/** @type {Upload[]} */ ([]));

/** @type {Map<string, {file: File, abort: AbortController}>} */
const files = new Map();
let running = 0;
let made = 0;

/**
 * Send files, a few at a time; what cannot be taken says so at once.
 * @param {File[]} chosen
 */
export function addFiles(chosen) {
  const collection = $chosenCollection.get();
  const added = chosen.map((file) => {
    made += 1;
    const id = `upload-${made}`;
    const error = refusal(file);
    if (!error) files.set(id, { file, abort: new AbortController() });
    return /** @type {Upload} */ ({
      id,
      filename: file.name,
      bytes: file.size,
      collection_id: collection,
      status: error ? 'refused' : 'waiting',
      progress: 0,
      error,
      document_id: null,
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

/** @param {string} id */
export function retryUpload(id) {
  if (!files.has(id)) return;
  change(id, { status: 'waiting', progress: 0, error: null });
  next();
}

/** Take what has been dealt with off the list. */
export function clearUploads() {
  $uploads.set($uploads.get().filter(({ status }) => status === 'waiting' || status === 'uploading'));
}

/** @param {string} id whether there is a file to send again */
export function canRetryUpload(id) {
  return files.has(id);
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
    const onProgress = (/** @type {number} */ progress) => change(id, { progress });
    // A file that the end of a session has stopped is sent once more after signing in again.
    const outcome = await whenSignedIn(() => uploadFile(entry.file, { collectionId, signal, onProgress }));
    if (outcome.error) throw { code: outcome.error.error_code, message: outcome.error.message };
    files.delete(id);
    if (outcome.document) addDocument(outcome.document, outcome.job);
    change(id, {
      status: outcome.duplicate ? 'duplicate' : 'done',
      progress: 1,
      document_id: outcome.document?.id ?? null,
    });
    void loadCollections();
  } catch (error) {
    if (!isAbort(error)) change(id, { status: 'refused', error: toProblem(error) });
  } finally {
    running -= 1;
    next();
  }
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
