import './source_panel.css';

import { html, nothing } from 'lit';
import { createRef, ref } from 'lit/directives/ref.js';

import { t } from '../utils/i18n.js';
import { Lazy } from '../utils/lazy.js';
import { define, LightElement } from '../utils/light_element.js';
import { quoteContext } from '../utils/quote_context.js';
import './icon.js';
import { problemNote } from './problem_note.js';

/** @typedef {import('../shapes.js').OpenSource} OpenSource */

const pdfPage = new Lazy(() => import(/* webpackChunkName: "pdf" */ './pdf_page.js'));

/**
 * The passage behind a number, with the very quote marked; in the PDF's page where there is
 * one. Emits `close` and `reload`.
 */
class SourcePanel extends LightElement {
  static properties = {
    open: { attribute: false },
    address: {},
    view: { state: true },
    pdfReady: { state: true },
    pdfFailed: { state: true },
    shownPage: { state: true },
  };

  #heading = createRef();

  constructor() {
    super();
    this.open = /** @type {OpenSource} */ (/** @type {unknown} */ (null));
    /** Where the file is. */
    this.address = '';
    /** @type {'text' | 'page'} */
    this.view = 'text';
    this.pdfReady = false;
    this.pdfFailed = false;
    /** The page with the quote, which may come after the one that the passage begins on. @type {number | null} */
    this.shownPage = null;
  }

  /** Whether another source has been opened, not the same one read to the end. */
  #isOther(/** @type {OpenSource | undefined} */ before) {
    return before?.source.passage_id !== this.open.source.passage_id;
  }

  /** @param {Map<string, any>} changed */
  willUpdate(changed) {
    if (!changed.has('open') || !this.#isOther(changed.get('open'))) return;
    this.pdfFailed = false;
    this.shownPage = null;
  }

  render() {
    const { source, loading, problem } = this.open;
    return html`
      <section class="source-panel" data-testid="source-panel" aria-labelledby="source-heading" @keydown=${this.#onKey}>
        <header class="source-header">
          <span class="citation" aria-hidden="true">${source.n}</span>
          <div class="source-title">
            <h2 id="source-heading" tabindex="-1" ${ref(this.#heading)}>${source.title}</h2>
            <p>${this.#place()}</p>
          </div>
          <button type="button" class="icon-button" aria-label=${t('source.close')} @click=${() => this.emit('close')}>
            <lo-icon name="close"></lo-icon>
          </button>
        </header>
        ${this.#isPdf || this.#mayBePdf ? this.#views() : nothing}
        <div class="source-body">
          ${this.#isPdf && this.view === 'page' ? this.#page() : this.#text()}
          ${problem ? problemNote(problem, () => this.emit('reload')) : nothing}
        </div>
        <footer class="source-footer" aria-busy=${loading}>
          <a class="button" href=${this.#fileAddress} target="_blank" rel="noopener">
            <lo-icon name="external-link"></lo-icon>${t('source.open_file')}
          </a>
          <a class="button button-quiet" href="/documents/${encodeURIComponent(source.document_id)}?passage=${source.passage_id}">${t('source.open_document')}</a>
        </footer>
      </section>
    `;
  }

  get #isPdf() {
    return this.open.document?.media_type === 'application/pdf' && this.open.source.page !== null;
  }

  /** Until the document is known: the choice of views has its place, and nothing jumps. */
  get #mayBePdf() {
    return this.open.document === null && this.open.loading && this.open.source.page !== null;
  }

  get #fileAddress() {
    return this.#isPdf ? `${this.address}#page=${this.#pageNumber}` : this.address;
  }

  get #pageNumber() {
    return this.shownPage ?? this.open.source.page;
  }

  #place() {
    const { heading } = this.open.source;
    const page = this.#pageNumber;
    const pages = this.open.document?.pages;
    const words = [];
    if (page) words.push(pages ? t('source.page_of', { page, pages }) : t('source.page', { page }));
    if (heading && heading !== this.open.source.title) words.push(heading);
    return words.join(' · ');
  }

  #views() {
    /** @param {'text' | 'page'} view @param {string} label */
    const choice = (view, label) => html`<button
      type="button"
      class="segment"
      aria-pressed=${this.view === view}
      @click=${() => this.#show(view)}
      @pointerenter=${view === 'page' ? () => pdfPage.preload() : nothing}
      @focus=${view === 'page' ? () => pdfPage.preload() : nothing}
    >${label}</button>`;
    return html`<div class="segments" role="group" aria-label=${t('source.view')}>
      ${choice('text', t('source.view_text'))}${choice('page', t('source.view_page'))}
    </div>`;
  }

  #text() {
    const { source, citations, marks, passages, loading } = this.open;
    const { before, pieces, after } = quoteContext(source, marks ?? citations, passages, this.#clicked);
    return html`
      <div class="source-text" tabindex="0" role="region" aria-label=${t('source.text')}>
        ${before ? html`<p class="source-neighbour">${before}</p>` : nothing}
        ${loading ? html`<div class="skeleton-lines" aria-hidden="true"><i></i></div>` : nothing}
        <p class="source-passage">${pieces.map(({ text, marked, strong }) => {
          if (!marked) return text;
          const quiet = this.#clicked !== null && !strong;
          return html`<mark class=${quiet ? 'mark-quiet' : ''} data-testid="source-quote">${text}</mark>`;
        })}</p>
        ${after ? html`<p class="source-neighbour">${after}</p>` : nothing}
      </div>
    `;
  }

  /** The quote behind the number that was clicked, where there are others beside it. */
  get #clicked() {
    const { citations, clicked } = this.open;
    return citations.length > 1 ? (clicked ?? null) : null;
  }

  #page() {
    const { source, citations } = this.open;
    const clicked = this.#clicked;
    const ordered = clicked ? [clicked, ...citations.filter((item) => item !== clicked)] : citations;
    if (this.pdfFailed) return html`<p class="message-note">${t('source.page_failed')}</p>${this.#text()}`;
    if (!this.pdfReady) return html`<div class="skeleton-page" aria-hidden="true"></div>`;
    return html`<lo-pdf-page
      tabindex="0"
      role="group"
      aria-label=${t('source.view_page')}
      .address=${this.address}
      .page=${source.page}
      .quotes=${ordered.map(({ quote }) => quote)}
      ?firstStandsOut=${clicked !== null}
      @shown=${(/** @type {CustomEvent<number>} */ { detail }) => (this.shownPage = detail)}
      @failed=${() => (this.pdfFailed = true)}
    ></lo-pdf-page>`;
  }

  /** @param {'text' | 'page'} view */
  async #show(view) {
    this.view = view;
    if (view !== 'page' || this.pdfReady) return;
    try {
      await pdfPage.load();
      this.pdfReady = true;
    } catch {
      this.pdfFailed = true;
    }
  }

  /** @param {Map<string, any>} changed */
  updated(changed) {
    if (!changed.has('open')) return;
    if (this.view === 'page' && !this.pdfReady && this.#isPdf) void this.#show('page');
    // Once as it opens, and again when what stands before the quote has come.
    const mark = this.querySelector('mark:not(.mark-quiet)') ?? this.querySelector('.source-passage');
    if (mark) scrollIntoBox(mark);
    if (this.#isOther(changed.get('open'))) {
      /** @type {HTMLElement} */ (this.#heading.value).focus({ preventScroll: true });
    }
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    this.emit('close');
  }
}

/** @param {Element} mark bring it into view inside the panel, without moving the page */
function scrollIntoBox(mark) {
  const box = mark.closest('.source-body');
  if (!box) return;
  const { top } = mark.getBoundingClientRect();
  box.scrollTop += top - box.getBoundingClientRect().top - box.clientHeight / 4;
}

define('lo-source-panel', SourcePanel);
