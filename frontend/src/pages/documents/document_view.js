import { StoreController } from '@nanostores/lit';
import { html, nothing } from 'lit';

import '../../components/icon.js';
import '../../components/picture_gallery.js';
import { problemNote } from '../../components/problem_note.js';
import { $documentView, picturesOf, viewDocument, viewMorePassages } from '../../store/document_view.js';
import { contentAddress } from '../../store/sources.js';
import { formatBytes, formatTime } from '../../utils/format.js';
import { t } from '../../utils/i18n.js';
import { Lazy } from '../../utils/lazy.js';
import { define, LightElement } from '../../utils/light_element.js';

/** @typedef {import('../../shapes.js').Document} Document */
/** @typedef {import('../../shapes.js').Passage} Passage */

const pdfPages = new Lazy(() => import(/* webpackChunkName: "pdf" */ '../../components/pdf_pages.js'));

/** One document: what was read from it, passage by passage, and the file itself. */
class DocumentView extends LightElement {
  static properties = { documentId: {}, passageId: { type: Number }, view: { state: true }, pdf: { state: true } };

  #view = new StoreController(this, $documentView);
  #picture = picturesOf('');
  /** The passage that has been brought into view. @type {Element | null} */
  #sought = null;

  constructor() {
    super();
    this.documentId = '';
    /** The passage to show, rather than the first ones. @type {number | null} */
    this.passageId = null;
    /** @type {'text' | 'pages'} */
    this.view = 'text';
    /** Whether pages can be drawn: not yet known, or not at all. @type {'unknown' | 'ready' | 'failed'} */
    this.pdf = 'unknown';
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    if (!changed.has('documentId') && !changed.has('passageId')) return;
    this.view = 'text';
    this.#picture = picturesOf(this.documentId);
    void viewDocument(this.documentId, this.passageId);
  }

  render() {
    const { document, problem } = this.#view.value;
    return html`
      <a class="back-link" href="/documents">← ${t('documents.title')}</a>
      ${document ? this.#head(document) : nothing}
      ${problem ? problemNote(problem, () => void viewDocument(this.documentId, this.passageId)) : nothing}
      ${document?.media_type === 'application/pdf' && document.pages ? this.#views() : nothing}
      ${document && this.view === 'pages' ? this.#pages(document) : this.#text()}
    `;
  }

  /** What was read: its pictures and passages. */
  #text() {
    const { document, passages, pictures, cursor, loading } = this.#view.value;
    const inside = passages.some(({ id }) => id === this.passageId);
    return html`
      ${document && pictures.length > 0
        ? html`<lo-picture-gallery .pictures=${pictures} .addressOf=${this.#picture}></lo-picture-gallery>`
        : nothing}
      ${inside
        ? html`<a class="button document-all" href="/documents/${encodeURIComponent(this.documentId)}">${t('document.from_beginning')}</a>`
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

  #views() {
    /** @param {'text' | 'pages'} view @param {string} label */
    const choice = (view, label) => html`<button
      type="button"
      class="segment"
      aria-pressed=${this.view === view}
      @click=${() => void this.#show(view)}
    >${label}</button>`;
    return html`<div class="segments document-views" role="group" aria-label=${t('source.view')}>
      ${choice('text', t('source.view_text'))}${choice('pages', t('document.view_pages'))}
    </div>`;
  }

  /** @param {Document} document */
  #pages({ id, pages }) {
    if (this.pdf === 'failed') return html`<p class="documents-empty">${t('source.page_failed')}</p>${this.#text()}`;
    if (this.pdf === 'unknown') return html`<div class="skeleton-page" aria-hidden="true"></div>`;
    const begin = this.#view.value.passages.find((passage) => passage.id === this.passageId)?.page;
    return html`<lo-pdf-pages
      .address=${contentAddress(id)}
      .count=${pages ?? 0}
      .page=${begin ?? 1}
      @failed=${() => (this.pdf = 'failed')}
    ></lo-pdf-pages>`;
  }

  /** @param {'text' | 'pages'} view */
  async #show(view) {
    this.view = view;
    if (view === 'text') return;
    try {
      await pdfPages.load();
      this.pdf = 'ready';
    } catch {
      this.pdf = 'failed';
    }
  }

  updated() {
    const passage = this.querySelector('.passage-sought');
    if (!passage || passage === this.#sought) return;
    this.#sought = passage;
    passage.scrollIntoView({ block: 'center' });
    /** @type {HTMLElement} */ (passage).focus({ preventScroll: true });
  }

  /** @param {Passage} passage */
  #passage({ id, text, page, heading }) {
    const place = [page ? t('source.page', { page }) : null, heading].filter(Boolean).join(' · ');
    const sought = id === this.passageId;
    return html`<li class="passage ${sought ? 'passage-sought' : ''}" tabindex=${sought ? -1 : nothing}>
      ${place ? html`<p class="passage-place">${place}</p>` : nothing}
      <p class="passage-text">${text.trim()}</p>
    </li>`;
  }
}

define('lo-document-view', DocumentView);
