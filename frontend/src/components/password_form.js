import { html, nothing } from 'lit';

import { t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';
import { problemNote } from './problem_note.js';

const SHORTEST_PASSWORD = 8;

/** The present password and a new one. Emits `change-password` ({current, new}); `reset` empties it. */
class PasswordForm extends LightElement {
  static properties = { email: {}, busy: { type: Boolean }, problem: { attribute: false }, shown: { state: true } };

  constructor() {
    super();
    this.email = '';
    this.busy = false;
    /** @type {import('../shapes.js').Problem | null} */
    this.problem = null;
    this.shown = false;
  }

  reset() {
    this.querySelector('form')?.reset();
  }

  render() {
    return html`<form class="form settings-form" @submit=${this.#onSubmit}>
      <input class="sr-only" name="username" autocomplete="username" tabindex="-1" aria-hidden="true" readonly .value=${this.email} />
      ${this.#field('current', t('password.current'), 'current-password', nothing)}
      ${this.#field('new', t('password.new'), 'new-password', SHORTEST_PASSWORD)}
      <label class="check">
        <input type="checkbox" .checked=${this.shown} @change=${() => (this.shown = !this.shown)} />
        ${t('password.show')}
      </label>
      ${this.problem ? problemNote(this.problem) : nothing}
      <div class="form-actions">
        <button class="button button-primary" ?disabled=${this.busy}>${t('password.change')}</button>
      </div>
    </form>`;
  }

  /** @param {string} name @param {string} label @param {string} autocomplete @param {unknown} shortest */
  #field(name, label, autocomplete, shortest) {
    return html`<label class="field">
      <span>${label}</span>
      <input
        name=${name}
        type=${this.shown ? 'text' : 'password'}
        autocomplete=${autocomplete}
        required
        minlength=${shortest}
        maxlength="1024"
        aria-describedby=${name === 'new' ? 'new-password-hint' : nothing}
      />
      ${name === 'new' ? html`<small id="new-password-hint">${t('password.hint', { length: SHORTEST_PASSWORD })}</small>` : nothing}
    </label>`;
  }

  /** @param {SubmitEvent} event */
  #onSubmit(event) {
    event.preventDefault();
    if (this.busy) return;
    const fields = new FormData(/** @type {HTMLFormElement} */ (event.target));
    this.emit('change-password', { current: fields.get('current'), new: fields.get('new') });
  }
}

define('lo-password-form', PasswordForm);
