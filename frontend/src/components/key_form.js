import { html, nothing } from 'lit';

import { t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';
import { choice } from './choice.js';
import { problemNote } from './problem_note.js';

/** @typedef {import('../account_shapes.js').KeyScope} KeyScope */

const DAYS = [30, 90, 365];

/** What a new key is for. Emits `make-key` (a `NewKey`); `reset` empties it. */
class KeyForm extends LightElement {
  static properties = {
    collections: { attribute: false },
    administrator: { type: Boolean },
    busy: { type: Boolean },
    problem: { attribute: false },
    some: { state: true },
  };

  constructor() {
    super();
    /** @type {import('../shapes.js').Collection[]} */
    this.collections = [];
    this.administrator = false;
    this.busy = false;
    /** @type {import('../shapes.js').Problem | null} */
    this.problem = null;
    /** Whether it is for chosen collections alone. */
    this.some = false;
  }

  reset() {
    this.querySelector('form')?.reset();
    this.some = false;
  }

  render() {
    return html`<form class="form key-form" @submit=${this.#onSubmit}>
      <div class="settings-line">
        <label class="field">
          <span>${t('keys.name')}</span>
          <input name="name" required maxlength="200" autocomplete="off" placeholder=${t('keys.name_example')} />
        </label>
        <label class="field field-short">
          <span>${t('keys.expiry')}</span>
          <select name="days">
            ${DAYS.map((count) => html`<option value=${count} ?selected=${count === 90}>${t('keys.expiry_days', { count })}</option>`)}
            <option value="">${t('keys.expiry_none')}</option>
          </select>
        </label>
      </div>
      ${this.#scopes()}
      ${choice({
        name: 'reach',
        label: t('keys.collections'),
        options: [
          { value: 'all', label: t('keys.collections_all') },
          { value: 'some', label: t('keys.collections_some') },
        ],
        current: this.some ? 'some' : 'all',
        choose: (value) => (this.some = value === 'some'),
      })}
      ${this.some ? this.#chosen() : nothing}
      ${this.problem ? problemNote(this.problem) : nothing}
      <div class="form-actions">
        <button class="button button-primary" ?disabled=${this.busy}>${t('keys.make')}</button>
      </div>
    </form>`;
  }

  #scopes() {
    /** @type {KeyScope[]} */
    const scopes = this.administrator ? ['read', 'ask', 'write', 'admin'] : ['read', 'ask', 'write'];
    return html`<fieldset class="key-choices">
      <legend>${t('keys.scopes')}</legend>
      ${scopes.map((scope) => html`<label class="key-choice">
        <input type="checkbox" name="scope" value=${scope} ?checked=${scope === 'read' || scope === 'ask'} />
        <span>${t(`keys.scope.${scope}`)}<small>${t(`keys.scope_hint.${scope}`)}</small></span>
      </label>`)}
    </fieldset>`;
  }

  #chosen() {
    return html`<fieldset class="key-choices">
      <legend class="sr-only">${t('keys.collections')}</legend>
      ${this.collections.map(({ id, name }) => html`<label class="key-choice">
        <input type="checkbox" name="collection" value=${id} /><span>${name}</span>
      </label>`)}
    </fieldset>`;
  }

  /** @param {SubmitEvent} event */
  #onSubmit(event) {
    event.preventDefault();
    if (this.busy) return;
    const fields = new FormData(/** @type {HTMLFormElement} */ (event.target));
    this.emit('make-key', {
      name: fields.get('name'),
      scopes: fields.getAll('scope'),
      expires_days: fields.get('days') ? Number(fields.get('days')) : null,
      collection_ids: this.some ? fields.getAll('collection') : null,
    });
  }
}

define('lo-key-form', KeyForm);
