import { addWebPage as send } from '../services/documents.js';
import { $intake, loadCollections } from './collections.js';
import { addDocument } from './documents.js';
import { whenSignedIn } from './session.js';
import { followClosely, seen } from './work.js';

/** @typedef {import('../shapes.js').UploadOutcome} UploadOutcome */

/**
 * Have the server fetch a page into the collection that files go into, and follow it like a file.
 * @param {string} url
 * @returns {Promise<UploadOutcome>}
 */
export async function addWebPage(url) {
  const [outcome] = await whenSignedIn(() => send(url, $intake.get()?.id ?? null));
  const [document] = outcome.document ? seen([outcome.document]) : [null];
  if (document) {
    addDocument(document);
    void followClosely(document);
    void loadCollections();
  }
  return outcome;
}
