import { MultiStoreController } from '@nanostores/lit';
import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import '../../components/document_row.js';
import { problemNote } from '../../components/problem_note.js';
import { $collections } from '../../store/collections.js';
import { $documents, cancelDocument, deleteDocument, loadDocuments, loadMoreDocuments, retryDocument } from '../../store/documents.js';
import { jobOf } from '../../store/jobs.js';
import { contentAddress } from '../../store/sources.js';
import { t } from '../../utils/i18n.js';
import { define, LightElement } from '../../utils/light_element.js';

/** @typedef {import('../../shapes.js').Document} Document */

/** The documents that the filter finds. */
class DocumentList extends LightElement {
  #stores = new MultiStoreController(this, [$documents, $collections]);

  render() {
    const [{ items, state, cursor, query, loaded, problem }] = this.#stores.values;
    if (state === 'failed' && problem) return problemNote(problem, () => void loadDocuments());
    if (!loaded || (state === 'loading' && items.length === 0)) {
      return html`<div class="skeleton-rows" aria-hidden="true"><i></i><i></i><i></i></div>`;
    }
    if (items.length === 0) {
      return html`<p class="documents-empty">${t(query ? 'documents.nothing_found' : 'documents.none')}</p>`;
    }
    return html`
      <ul
        class="rows"
        aria-label=${t('documents.title')}
        aria-busy=${state === 'loading'}
        @retry-document=${(/** @type {CustomEvent} */ { detail }) => void retryDocument(detail)}
        @cancel-document=${(/** @type {CustomEvent} */ { detail }) => void cancelDocument(detail)}
        @delete-document=${(/** @type {CustomEvent} */ { detail }) => deleteDocument(detail)}
        @open-document=${(/** @type {CustomEvent} */ { detail }) => this.#open(detail)}
      >
        ${repeat(items, ({ id }) => id, (document) => html`<li>${this.#row(document)}</li>`)}
      </ul>
      ${cursor
        ? html`<button type="button" class="button button-wide" @click=${() => void loadMoreDocuments()}>
            ${t('documents.more')}
          </button>`
        : nothing}
    `;
  }

  /** @param {Document} document */
  #row(document) {
    const [{ collection: shown }, collections] = this.#stores.values;
    const collection = collections.find(({ id }) => id === document.collection_id);
    return html`<lo-document-row
      .document=${document}
      .address=${contentAddress(document.id)}
      .collection=${!shown && collections.length > 1 ? (collection?.name ?? '') : ''}
      ?writable=${collection?.access !== 'reader'}
      ?cancellable=${jobOf(document.id) !== null}
    ></lo-document-row>`;
  }

  /** @param {string} id */
  #open(id) {
    this.emit('navigate', { path: `/documents/${encodeURIComponent(id)}` });
  }
}

define('lo-document-list', DocumentList);
