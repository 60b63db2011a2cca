import { language } from '../utils/i18n.js';
import { address, ApiError, errorFromEnvelope } from './api_client.js';

/** @typedef {import('../shapes.js').UploadOutcome} UploadOutcome */

/**
 * Send one file. `fetch` does not tell how much of a body has gone, `XMLHttpRequest` does.
 * @param {File} file
 * @param {{collectionId: string | null, signal: AbortSignal, onProgress: (ratio: number) => void}} options
 * @returns {Promise<UploadOutcome>}
 */
export function uploadFile(file, { collectionId, signal, onProgress }) {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const xhr = new XMLHttpRequest();
    const abort = () => xhr.abort();
    signal.addEventListener('abort', abort, { once: true });
    xhr.upload.onprogress = (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    };
    xhr.onabort = () => reject(new DOMException('The upload was cancelled.', 'AbortError'));
    xhr.onerror = () =>
      reject(new ApiError({ status: 0, code: 'UNREACHABLE', message: 'The server does not answer.' }));
    xhr.onloadend = () => signal.removeEventListener('abort', abort);
    xhr.onload = () => {
      const envelope = parse(xhr.responseText);
      if (xhr.status >= 200 && xhr.status < 300 && envelope.data) resolve(envelope.data[0]);
      else reject(errorFromEnvelope(xhr.status, envelope, (name) => xhr.getResponseHeader(name)));
    };
    xhr.open('POST', address('/documents'));
    xhr.setRequestHeader('Accept', 'application/json');
    xhr.setRequestHeader('Accept-Language', language());
    const form = new FormData();
    form.append('files', file, file.name);
    if (collectionId) form.append('collection_id', collectionId);
    xhr.send(form);
  });
}

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
