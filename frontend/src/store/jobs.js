import { jobEvents } from '../services/documents.js';

/** @typedef {import('../shapes.js').Job} Job */

/**
 * A browser opens six connections to a host at most, and a followed job keeps one open: two are
 * followed closely, the list is asked again for the others.
 */
const FOLLOWED = 2;

/** @type {Map<string, string>} document to job */
const jobs = new Map();
let followed = 0;

/** @param {Job} job */
export function rememberJob(job) {
  jobs.set(job.document_id, job.id);
}

/** @param {string} documentId */
export function jobOf(documentId) {
  return jobs.get(documentId) ?? null;
}

/**
 * @param {Job} job
 * @param {(job: Job) => void} onChange
 */
export async function watchJob(job, onChange) {
  if (followed >= FOLLOWED) return;
  followed += 1;
  try {
    for await (const now of jobEvents(job.id, AbortSignal.timeout(600_000))) onChange(now);
  } catch {
    // The list of documents is asked again anyway.
  } finally {
    followed -= 1;
  }
}
