import { html, nothing } from 'lit';

import { t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';
import { problemNote } from './problem_note.js';

/** @typedef {import('../shapes.js').Problem} Problem */

const SHORTEST_PASSWORD = 8;

/** Email and password, with a name for a new account. Emits `credentials`. */
class CredentialsForm extends LightElement {
  static properties = {
    mode: {},
    email: {},
    fixed: { type: Boolean },
    busy: { type: Boolean },
    problem: { attribute: false },
    shown: { state: true },
  };

  constructor() {
    super();
    /** @type {'sign_in' | 'register' | 'setup' | 'invite' | 'reset'} */
    this.mode = 'sign_in';
    this.email = '';
    /** Whether the address is not to be chosen. */
    this.fixed = false;
    this.busy = false;
    /** @type {Problem | null} */
    this.problem = null;
    this.shown = false;
  }

  render() {
    const making = this.mode !== 'sign_in';
    return html`
      <form class="form" @submit=${this.#onSubmit}>
        ${making && this.mode !== 'reset'
          ? html`<label class="field">
              <span>${t('sign_in.name')}</span>
              <input name="name" autocomplete="name" required maxlength="100" />
            </label>`
          : nothing}
        <label class="field">
          <span>${t('sign_in.email')}</span>
          <input name="email" type="email" autocomplete="username" required maxlength="254" .value=${this.email} ?readonly=${this.fixed} />
        </label>
        <div class="field">
          <label for="password">${t(this.mode === 'reset' ? 'sign_in.new_password' : 'sign_in.password')}</label>
          <div class="field-with-button">
            <input
              id="password"
              name="password"
              type=${this.shown ? 'text' : 'password'}
              autocomplete=${making ? 'new-password' : 'current-password'}
              required
              minlength=${making ? SHORTEST_PASSWORD : nothing}
              maxlength="1024"
              aria-describedby=${making ? 'password-hint' : nothing}
            />
            <button type="button" class="button button-quiet" @click=${() => (this.shown = !this.shown)}>
              ${this.shown ? t('sign_in.hide_password') : t('sign_in.show_password')}
            </button>
          </div>
          ${making
            ? html`<small id="password-hint">${t('sign_in.password_hint', { length: SHORTEST_PASSWORD })}</small>`
            : nothing}
        </div>
        ${this.problem ? problemNote(this.problem) : nothing}
        <button class="button button-primary button-wide" ?disabled=${this.busy}>
          ${this.busy ? t('sign_in.busy') : t(`sign_in.submit.${this.mode}`)}
        </button>
      </form>
    `;
  }

  firstUpdated() {
    const empty = [...this.querySelectorAll('input')].find((input) => input.value === '');
    empty?.focus();
  }

  /** @param {SubmitEvent} event */
  #onSubmit(event) {
    event.preventDefault();
    if (this.busy) return;
    const fields = new FormData(/** @type {HTMLFormElement} */ (event.target));
    this.emit('credentials', Object.fromEntries(fields));
  }
}

define('lo-credentials-form', CredentialsForm);
