import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';
import './icon.js';

/** @typedef {import('../shapes.js').Hit} Hit */
/** @typedef {{id: number, title: string, text: string}} Pick */

/** Passages to choose from, found by any words. Emits `search` (the words) and `pick` (all that are chosen). */
class PassagePicker extends LightElement {
  static properties = {
    hits: { attribute: false },
    picked: { attribute: false },
    query: {},
    busy: { type: Boolean },
    most: { type: Number },
  };

  constructor() {
    super();
    /** @type {Hit[]} */
    this.hits = [];
    /** @type {Pick[]} */
    this.picked = [];
    this.query = '';
    this.busy = false;
    this.most = 20;
  }

  render() {
    const found = this.hits.map(({ passage_id: id, title, text }) => ({ id, title, text }));
    // What is ticked stays where it is; what was ticked in another search stands before this one's.
    const before = this.picked.filter(({ id }) => !found.some((hit) => hit.id === id));
    return html`
      <fieldset class="picker">
        <legend>${t('evaluate.right_passages')}</legend>
        <p class="evaluate-lead">${t('evaluate.picker_lead')}</p>
        <label class="field field-with-button">
          <span class="sr-only">${t('evaluate.picker_search')}</span>
          <input
            type="search"
            maxlength="2000"
            autocomplete="off"
            placeholder=${t('evaluate.picker_search')}
            .value=${this.query}
            @keydown=${this.#onKey}
          />
          <button type="button" class="button button-quiet" @click=${this.#search}>${t('evaluate.picker_find')}</button>
        </label>
        <div class="picks" aria-busy=${this.busy}>
          ${repeat([...before, ...found], ({ id }) => id, (pick) => this.#row(pick))}
        </div>
        <p role="status" class="picker-count">
          ${t('evaluate.picked', { count: this.picked.length })}
          ${!this.busy && this.query && this.hits.length === 0 ? t('evaluate.picker_none') : nothing}
        </p>
      </fieldset>
    `;
  }

  /** @param {Pick} pick */
  #row(pick) {
    const checked = this.picked.some(({ id }) => id === pick.id);
    return html`<label class="pick">
      <input
        type="checkbox"
        .checked=${checked}
        ?disabled=${!checked && this.picked.length >= this.most}
        @change=${() => this.#toggle(pick, checked)}
      />
      <span class="pick-words"><b>${pick.title}</b><span>${pick.text}</span></span>
    </label>`;
  }

  /** @param {Pick} pick @param {boolean} checked */
  #toggle(pick, checked) {
    this.emit('pick', checked ? this.picked.filter(({ id }) => id !== pick.id) : [...this.picked, pick]);
  }

  /** @param {KeyboardEvent} event Enter searches; it does not send the form around */
  #onKey(event) {
    if (event.key !== 'Enter' || event.isComposing) return;
    event.preventDefault();
    this.#search();
  }

  #search() {
    this.emit('search', /** @type {HTMLInputElement} */ (this.querySelector('input[type=search]')).value);
  }
}

define('lo-passage-picker', PassagePicker);
