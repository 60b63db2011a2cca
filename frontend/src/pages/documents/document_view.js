import { StoreController } from '@nanostores/lit';
import { html, nothing } from 'lit';

import '../../components/icon.js';
import '../../components/picture_gallery.js';
import { problemNote } from '../../components/problem_note.js';
import { $documentView, picturesOf, viewDocument, viewMorePassages } from '../../store/document_view.js';
import { contentAddress } from '../../store/sources.js';
import { formatBytes, formatTime } from '../../utils/format.js';
import { t } from '../../utils/i18n.js';
import { define, LightElement } from '../../utils/light_element.js';

/** @typedef {import('../../shapes.js').Document} Document */
/** @typedef {import('../../shapes.js').Passage} Passage */

/** One document: what was read from it, passage by passage, and the file itself. */
class DocumentView extends LightElement {
  static properties = { documentId: {} };

  #view = new StoreController(this, $documentView);
  #picture = picturesOf('');

  constructor() {
    super();
    this.documentId = '';
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    if (!changed.has('documentId')) return;
    this.#picture = picturesOf(this.documentId);
    void viewDocument(this.documentId);
  }

  render() {
    const { document, passages, pictures, cursor, loading, problem } = this.#view.value;
    return html`
      <a class="back-link" href="/documents">← ${t('documents.title')}</a>
      ${document ? this.#head(document) : nothing}
      ${problem ? problemNote(problem, () => void viewDocument(this.documentId)) : nothing}
      ${document && pictures.length > 0
        ? html`<lo-picture-gallery .pictures=${pictures} .addressOf=${this.#picture}></lo-picture-gallery>`
        : nothing}
      ${document && !loading && passages.length === 0
        ? html`<p class="documents-empty">${t('document.no_passages')}</p>`
        : nothing}
      <ol class="passages" aria-label=${t('document.passages_label')}>
        ${passages.map((passage) => this.#passage(passage))}
      </ol>
      ${loading ? html`<div class="skeleton-lines" aria-hidden="true"><i></i><i></i><i></i></div>` : nothing}
      ${cursor && !loading
        ? html`<button type="button" class="button button-wide" @click=${() => void viewMorePassages()}>
            ${t('document.more_passages')}
          </button>`
        : nothing}
    `;
  }

  /** @param {Document} document */
  #head({ id, title, filename, pages, passages, bytes, created_at: createdAt }) {
    const words = [
      filename === title ? null : filename,
      pages ? t('document.pages', { count: pages }) : null,
      t('document.passages', { count: passages }),
      formatBytes(bytes),
      formatTime(createdAt),
    ];
    return html`
      <header class="document-head">
        <h2>${title}</h2>
        <p>${words.filter(Boolean).join(' · ')}</p>
        <div class="file-buttons">
          <a class="button" href=${contentAddress(id)} target="_blank" rel="noopener">
            <lo-icon name="external-link"></lo-icon>${t('source.open_file')}
          </a>
          <a class="button button-quiet" href=${contentAddress(id, 'text')} target="_blank" rel="noopener">${t('document.as_text')}</a>
        </div>
      </header>
    `;
  }

  /** @param {Passage} passage */
  #passage({ text, page, heading }) {
    const place = [page ? t('source.page', { page }) : null, heading].filter(Boolean).join(' · ');
    return html`<li class="passage">
      ${place ? html`<p class="passage-place">${place}</p>` : nothing}
      <p class="passage-text">${text.trim()}</p>
    </li>`;
  }
}

define('lo-document-view', DocumentView);
