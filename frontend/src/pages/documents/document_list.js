import { MultiStoreController } from '@nanostores/lit';
import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import '../../components/document_row.js';
import { problemNote } from '../../components/problem_note.js';
import { $collections, $intake } from '../../store/collections.js';
import { $chosen, cancelDocument, choose, chooseNone, deleteDocuments, retryDocument } from '../../store/document_actions.js';
import { $documents, loadDocuments, loadMoreDocuments } from '../../store/documents.js';
import { contentAddress } from '../../store/sources.js';
import { t } from '../../utils/i18n.js';
import { define, LightElement } from '../../utils/light_element.js';
import './list_bar.js';

/** @typedef {import('../../shapes.js').Document} Document */

/** The documents that the filter finds; the next ones come as their end comes into view. */
class DocumentList extends LightElement {
  #stores = new MultiStoreController(this, [$documents, $collections, $chosen]);
  /** @type {IntersectionObserver | undefined} */
  #observer;
  /** Where a range begins that is chosen with Shift. @type {string | null} */
  #anchor = null;

  render() {
    const [{ items, counts, query, show, loaded }] = this.#stores.values;
    const total = counts ? Object.values(counts).reduce((sum, count) => sum + count, 0) : 0;
    const bar = !loaded || total > 0 || items.length > 0 || query !== '' || show !== 'all';
    return html`
      ${bar ? html`<lo-list-bar
        .selectable=${this.#selectable}
        @delete-chosen=${() => void this.#delete([...this.#stores.values[2]])}
      ></lo-list-bar>` : nothing}
      ${this.#content()}
    `;
  }

  #content() {
    const [{ items, state, cursor, loaded, problem }] = this.#stores.values;
    if (state === 'failed' && problem && items.length === 0) return problemNote(problem, () => void loadDocuments());
    if (items.length === 0 && (!loaded || state === 'loading')) {
      return html`<div class="skeleton-rows" aria-hidden="true"><i></i><i></i><i></i></div>`;
    }
    if (items.length === 0) return this.#empty();
    return html`
      <ul
        class="rows"
        aria-label=${t('documents.title')}
        aria-busy=${state === 'loading'}
        @keydown=${this.#onKey}
        @retry-document=${(/** @type {CustomEvent} */ { detail }) => void retryDocument(detail)}
        @cancel-document=${(/** @type {CustomEvent} */ { detail }) => void cancelDocument(detail)}
        @delete-document=${(/** @type {CustomEvent} */ { detail }) => void this.#delete([detail])}
        @open-document=${(/** @type {CustomEvent} */ { detail }) => this.#open(detail)}
        @choose-document=${this.#onChoose}
      >
        ${repeat(items, ({ id }) => id, (document) => html`<li>${this.#row(document)}</li>`)}
      </ul>
      ${state === 'failed' && problem ? problemNote(problem, () => void loadDocuments({ quiet: true })) : nothing}
      ${cursor && state !== 'failed'
        ? html`<button type="button" class="button button-quiet button-wide list-end" @click=${() => void loadMoreDocuments()}>
            ${t('documents.more')}
          </button>`
        : nothing}
    `;
  }

  #empty() {
    const [{ query, show }] = this.#stores.values;
    const none = $intake.get()?.access === 'reader' ? 'documents.none_reader' : 'documents.none';
    const key = query ? 'documents.nothing_found' : show === 'all' ? none : `documents.none_in.${show}`;
    return html`<p class="documents-empty" tabindex="-1">${t(key)}</p>`;
  }

  /** @param {Document} document */
  #row(document) {
    const [{ collection: shown }, collections, chosen] = this.#stores.values;
    const collection = collections.find(({ id }) => id === document.collection_id);
    return html`<lo-document-row
      .document=${document}
      .address=${contentAddress(document.id)}
      .collection=${!shown && collections.length > 1 ? (collection?.name ?? '') : ''}
      ?writable=${this.#mayWrite(document)}
      ?chosen=${chosen.has(document.id)}
    ></lo-document-row>`;
  }

  /** @param {Document} document */
  #mayWrite({ collection_id: id }) {
    const collection = this.#stores.values[1].find((item) => item.id === id);
    return collection !== undefined && collection.access !== 'reader';
  }

  get #selectable() {
    return this.#stores.values[0].items.filter((item) => this.#mayWrite(item)).map(({ id }) => id);
  }

  /** @param {CustomEvent<{id: string, chosen: boolean, range: boolean}>} event */
  #onChoose({ detail: { id, chosen, range } }) {
    const ids = this.#selectable;
    const [from, to] = [ids.indexOf(this.#anchor ?? ''), ids.indexOf(id)].sort((a, b) => a - b);
    choose(range && from >= 0 ? ids.slice(from, to + 1) : [id], chosen);
    this.#anchor = id;
  }

  /** @param {KeyboardEvent} event what is chosen is deleted or let go by a key */
  #onKey(event) {
    const chosen = [...this.#stores.values[2]];
    if (chosen.length === 0 || !(event.target instanceof HTMLInputElement)) return;
    if (event.key === 'Escape') chooseNone();
    else if (event.key === 'Delete') void this.#delete(chosen);
    else return;
    event.preventDefault();
  }

  /** The focus goes to the row that takes the place. @param {string[]} ids */
  async #delete(ids) {
    const at = this.#stores.values[0].items.findIndex(({ id }) => ids.includes(id));
    deleteDocuments(ids);
    await this.updateComplete;
    const rows = /** @type {NodeListOf<HTMLElement>} */ (this.querySelectorAll('a.row-title, .documents-empty'));
    rows[Math.max(0, Math.min(at, rows.length - 1))]?.focus();
  }

  updated() {
    this.#observer?.disconnect();
    const end = this.querySelector('.list-end');
    if (!end) return;
    this.#observer = new IntersectionObserver(([{ isIntersecting }]) => {
      if (isIntersecting) void loadMoreDocuments();
    }, { rootMargin: '400px' });
    this.#observer.observe(end);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#observer?.disconnect();
  }

  /** @param {string} id */
  #open(id) {
    this.emit('navigate', { path: `/documents/${encodeURIComponent(id)}` });
  }
}

define('lo-document-list', DocumentList);
