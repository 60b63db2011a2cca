import { html, nothing } from 'lit';
import { createRef, ref } from 'lit/directives/ref.js';

import { collectionLabel } from '../utils/collection_label.js';
import { t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';
import './icon.js';

/** @typedef {import('../shapes.js').Collection} Collection */

const LONGEST = 8000;

/**
 * Where a question is typed. What is typed stays in the text area; the page learns of it by
 * events: `draft` (text), `ask` (text), `stop`, `attach` (files), `collection` (id or null).
 */
export class Composer extends LightElement {
  static properties = {
    asking: { type: Boolean },
    collections: { attribute: false },
    collection: {},
    empty: { state: true },
  };

  #area = createRef();
  #picker = createRef();

  constructor() {
    super();
    this.asking = false;
    /** @type {Collection[]} */
    this.collections = [];
    /** @type {string | null} */
    this.collection = null;
    this.empty = true;
  }

  get #textarea() {
    return /** @type {HTMLTextAreaElement} */ (this.#area.value);
  }

  get text() {
    return this.#textarea.value;
  }

  /** @param {string} text no `draft` is emitted: whoever sets it knows it */
  setText(text) {
    this.#textarea.value = text;
    this.#fit();
  }

  focusText() {
    this.#textarea.focus();
  }

  render() {
    return html`
      <form class="composer" data-testid="composer" @submit=${this.#onSubmit}>
        <textarea
          ${ref(this.#area)}
          rows="1"
          maxlength=${LONGEST}
          aria-label=${t('composer.label')}
          placeholder=${t('composer.placeholder')}
          enterkeyhint="send"
          @input=${this.#onInput}
          @keydown=${this.#onKey}
        ></textarea>
        <div class="composer-bar">
          <button
            type="button"
            class="icon-button"
            aria-label=${t('composer.attach')}
            title=${t('composer.attach')}
            @click=${() => /** @type {HTMLInputElement} */ (this.#picker.value).click()}
          ><lo-icon name="attach"></lo-icon></button>
          <input ${ref(this.#picker)} type="file" multiple hidden aria-label=${t('composer.attach')} @change=${this.#onFiles} />
          ${this.collections.length > 1 ? this.#collectionChoice() : nothing}
          <span class="composer-hint">${t('composer.hint')}</span>
          ${this.asking
            ? html`<button
                type="button"
                class="round-button"
                aria-label=${t('composer.stop')}
                title=${t('composer.stop')}
                @click=${() => this.emit('stop')}
              ><lo-icon name="stop"></lo-icon></button>`
            : html`<button
                class="round-button"
                aria-label=${t('composer.send')}
                title=${t('composer.send')}
                ?disabled=${this.empty}
              ><lo-icon name="arrow-up"></lo-icon></button>`}
        </div>
      </form>
    `;
  }

  #collectionChoice() {
    return html`
      <label class="chip-select">
        <lo-icon name="library"></lo-icon>
        <select aria-label=${t('composer.collection')} @change=${this.#onCollection}>
          <option value="" ?selected=${!this.collection}>${t('collection.all')}</option>
          ${this.collections.map(
            (item) => html`<option value=${item.id} ?selected=${item.id === this.collection}>${collectionLabel(item)}</option>`,
          )}
        </select>
      </label>
    `;
  }

  #onInput() {
    this.#fit();
    this.emit('draft', this.#textarea.value);
  }

  #fit() {
    const area = this.#textarea;
    this.empty = area.value.trim() === '';
    if (!CSS.supports('field-sizing', 'content')) {
      area.style.height = 'auto';
      area.style.height = `${area.scrollHeight}px`;
    }
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    // While a Korean syllable is being composed Enter ends the syllable; Safari tells only by 229.
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key !== 'Enter' || event.shiftKey || event.altKey) return;
    event.preventDefault();
    this.#ask();
  }

  /** @param {Event} event */
  #onSubmit(event) {
    event.preventDefault();
    this.#ask();
  }

  #ask() {
    const text = this.#textarea.value.trim();
    if (text === '' || this.asking) return;
    this.emit('ask', text);
  }

  /** @param {Event} event */
  #onFiles(event) {
    const input = /** @type {HTMLInputElement} */ (event.target);
    this.emit('attach', [...(input.files ?? [])]);
    input.value = '';
  }

  /** @param {Event} event */
  #onCollection(event) {
    this.emit('collection', /** @type {HTMLSelectElement} */ (event.target).value || null);
  }
}

define('lo-composer', Composer);
