import { html, nothing } from 'lit';
import { createRef, ref } from 'lit/directives/ref.js';

import { collectionLabel } from '../utils/collection_label.js';
import { t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';
import { MODES } from '../utils/search_address.js';
import './icon.js';

/** @typedef {import('../shapes.js').Collection} Collection */
/** @typedef {import('../shapes.js').Search} Search */

const LONGEST = 2000;

/**
 * What is searched, how and where. Emits `typed` (text), `mode`, `collection` (id or null),
 * `search-now` when Enter is pressed, and `down` when the arrow leads to the results.
 */
export class SearchForm extends LightElement {
  static properties = {
    search: { attribute: false },
    collections: { attribute: false },
  };

  #input = createRef();

  constructor() {
    super();
    this.search = /** @type {Search} */ (/** @type {unknown} */ (null));
    /** @type {Collection[]} */
    this.collections = [];
  }

  get #field() {
    return /** @type {HTMLInputElement} */ (this.#input.value);
  }

  focusText() {
    this.#field.focus();
  }

  /** @param {Map<string, unknown>} changed */
  updated(changed) {
    // What is being typed stays as it is: the address holds it without the spaces around it.
    const { query } = this.search;
    if (changed.has('search') && this.#field.value.trim() !== query) this.#field.value = query;
  }

  render() {
    return html`
      <search>
        <form class="search-form" @submit=${this.#onSubmit}>
          <div class="search-field">
            <lo-icon name="search"></lo-icon>
            <input
              ${ref(this.#input)}
              id="passage-search"
              type="search"
              maxlength=${LONGEST}
              autocomplete="off"
              enterkeyhint="search"
              placeholder=${t('search.placeholder')}
              aria-label=${t('search.label')}
              @input=${() => this.emit('typed', this.#field.value)}
              @keydown=${this.#onKey}
            />
          </div>
          <div class="search-choices">
            <fieldset class="search-mode">
              <legend class="sr-only">${t('search.mode')}</legend>
              <div class="segments">${MODES.map((mode) => this.#mode(mode))}</div>
            </fieldset>
            ${this.collections.length > 1 ? this.#collectionChoice() : nothing}
          </div>
        </form>
      </search>
    `;
  }

  /** @param {string} mode */
  #mode(mode) {
    return html`<label class="segment" title=${t(`search.mode_hint.${mode}`)}>
      <input
        type="radio"
        class="sr-only"
        name="search-mode"
        value=${mode}
        .checked=${mode === this.search.mode}
        @change=${() => this.emit('mode', mode)}
      />${t(`search.mode.${mode}`)}
    </label>`;
  }

  #collectionChoice() {
    const chosen = this.search.collection;
    return html`<label class="field-inline">
      <span class="sr-only">${t('collection.label')}</span>
      <select
        aria-label=${t('collection.label')}
        @change=${(/** @type {any} */ { target }) => this.emit('collection', target.value || null)}
      >
        <option value="" ?selected=${!chosen}>${t('collection.all')}</option>
        ${this.collections.map((item) => html`<option value=${item.id} ?selected=${item.id === chosen}>${collectionLabel(item)}</option>`)}
      </select>
    </label>`;
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.key !== 'ArrowDown' || event.isComposing) return;
    event.preventDefault();
    this.emit('down');
  }

  /** @param {Event} event */
  #onSubmit(event) {
    event.preventDefault();
    this.emit('search-now', this.#field.value);
  }
}

define('lo-search-form', SearchForm);
