import { MultiStoreController } from '@nanostores/lit';
import { html, nothing } from 'lit';

import '../../components/icon.js';
import { $chosen, choose, chooseNone } from '../../store/document_actions.js';
import { $documents, loadDocuments, STATES } from '../../store/documents.js';
import { debounce } from '../../utils/debounce.js';
import { t } from '../../utils/i18n.js';
import { define, LightElement } from '../../utils/light_element.js';

/** @typedef {import('../../shapes.js').DocumentShow} DocumentShow */
/** @typedef {import('../../shapes.js').DocumentSort} DocumentSort */

const SORTS = /** @type {DocumentSort[]} */ (['newest', 'oldest', 'name', 'largest']);
const SHOWS = /** @type {DocumentShow[]} */ (['all', 'working', 'ready', 'failed']);

/**
 * Which documents are listed and how; and, once some are chosen, what to do with them. Emits
 * `delete-chosen`.
 */
class ListBar extends LightElement {
  static properties = { selectable: { attribute: false } };

  #stores = new MultiStoreController(this, [$documents, $chosen]);
  #filter = debounce((/** @type {string} */ query) => this.#show({ query }), 200);

  constructor() {
    super();
    /** The ids of the documents that may be chosen. @type {string[]} */
    this.selectable = [];
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#filter.cancel();
  }

  render() {
    const [{ query, sort }] = this.#stores.values;
    return html`
      <div class="list-bar">
        <search class="filter">
          <lo-icon name="search"></lo-icon>
          <input
            type="search"
            placeholder=${t('documents.filter')}
            aria-label=${t('documents.filter')}
            .value=${query}
            @input=${(/** @type {any} */ { target }) => this.#filter(target.value.trim())}
          />
        </search>
        <label class="list-sort">
          <span class="sr-only">${t('documents.sort')}</span>
          <select
            aria-label=${t('documents.sort')}
            @change=${(/** @type {any} */ { target }) => this.#show({ sort: target.value })}
          >
            ${SORTS.map((name) => html`<option value=${name} ?selected=${name === sort}>${t(`documents.sort.${name}`)}</option>`)}
          </select>
        </label>
      </div>
      <div class="list-states">
        <div class="segments" role="group" aria-label=${t('documents.show')}>
          ${SHOWS.map((show) => this.#segment(show))}
        </div>
        ${this.#choice()}
      </div>
    `;
  }

  /** @param {DocumentShow} show */
  #segment(show) {
    const [{ show: shown, counts }] = this.#stores.values;
    const states = show === 'all' ? Object.values(STATES).flat() : STATES[show];
    const count = counts ? states.reduce((sum, state) => sum + counts[state], 0) : 0;
    return html`<button
      type="button"
      class="segment"
      aria-pressed=${show === shown}
      @click=${() => this.#show({ show })}
    >${t(`documents.show.${show}`)}${count > 0 ? html` <span class="segment-count">${count}</span>` : nothing}</button>`;
  }

  #choice() {
    const [, chosen] = this.#stores.values;
    const all = this.selectable.length > 0 && this.selectable.every((id) => chosen.has(id));
    if (chosen.size === 0) return nothing;
    return html`<div class="list-choice" role="group" aria-label=${t('documents.chosen', { count: chosen.size })}>
      <p role="status">${t('documents.chosen', { count: chosen.size })}</p>
      <button type="button" class="button button-quiet button-small" @click=${all ? chooseNone : () => choose(this.selectable, true)}>
        ${t(all ? 'documents.choose_none' : 'documents.choose_all')}
      </button>
      <button type="button" class="button button-small button-danger-quiet" @click=${() => this.emit('delete-chosen')}>
        <lo-icon name="trash"></lo-icon>${t('document.delete')}
      </button>
    </div>`;
  }

  /** @param {Parameters<typeof loadDocuments>[0]} filter */
  #show(filter) {
    chooseNone();
    void loadDocuments(filter);
  }
}

define('lo-list-bar', ListBar);
