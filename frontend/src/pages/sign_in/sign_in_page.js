import './sign_in_page.css';

import { MultiStoreController } from '@nanostores/lit';
import { html, nothing } from 'lit';

import '../../components/credentials_form.js';
import { problemNote } from '../../components/problem_note.js';
import '../../components/provider_link.js';
import LOGO from '../../icon.svg';
import { $language, chooseLanguage } from '../../store/preferences.js';
import { $about, register, signIn } from '../../store/session.js';
import { LANGUAGE_NAMES, language, LANGUAGES, t } from '../../utils/i18n.js';
import { define, LightElement } from '../../utils/light_element.js';
import { toProblem } from '../../utils/problem.js';
import './link_view.js';

/** Signing in, or making an account: the first one where there is none yet. */
class SignInPage extends LightElement {
  static properties = {
    params: { attribute: false },
    registering: { state: true },
    busy: { state: true },
    problem: { state: true },
  };

  #stores = new MultiStoreController(this, [$about, $language]);

  constructor() {
    super();
    /** @type {Record<string, string>} */
    this.params = {};
    this.registering = false;
    this.busy = false;
    /** @type {import('../../shapes.js').Problem | null} */
    this.problem = null;
  }

  get #mode() {
    if (this.#stores.values[0]?.setup_required) return 'setup';
    return this.registering ? 'register' : 'sign_in';
  }

  render() {
    const { link, token } = this.params;
    return html`
      <main class="sign-in">
        <div class="sign-in-card">
          <img src=${LOGO} width="40" height="40" alt="" />
          ${token ? html`<lo-link-view .kind=${link} .token=${token}></lo-link-view>` : this.#entrance()}
        </div>
        <nav class="sign-in-languages" aria-label=${t('settings.language')}>
          ${LANGUAGES.map((name) => html`<button
            type="button"
            class="button button-quiet"
            lang=${name}
            aria-pressed=${name === language()}
            @click=${() => void chooseLanguage(name)}
          >${LANGUAGE_NAMES[name]}</button>`)}
        </nav>
      </main>
    `;
  }

  #entrance() {
    const mode = this.#mode;
    document.title = `${t(`sign_in.title.${mode}`)} · Like-Opt`;
    return html`
      <h1>${t(`sign_in.title.${mode}`)}</h1>
      ${this.#refusal()}
      ${this.#provider()}
      ${this.#stores.values[0]?.password_sign_in === false ? nothing : this.#passwords(mode)}
      ${this.#stores.values[0]?.registration_open && mode !== 'setup' ? this.#otherMode() : nothing}
    `;
  }

  /** Why the identity provider's word was not taken. */
  #refusal() {
    const code = new URLSearchParams(location.search).get('refused');
    return code ? problemNote({ error_code: code, message: '' }) : nothing;
  }

  #provider() {
    const about = this.#stores.values[0];
    if (!about?.single_sign_on) return nothing;
    const next = new URLSearchParams(location.search).get('next') ?? '/'; // the server lets in paths of the page alone
    return html`
      ${about.password_sign_in ? nothing : html`<p class="sign-in-lead">${t('sign_on.lead')}</p>`}
      <lo-provider-link .name=${about.single_sign_on.name} .next=${next}></lo-provider-link>
      ${about.password_sign_in ? html`<p class="sign-in-or">${t('sign_on.or')}</p>` : nothing}
    `;
  }

  /** @param {'sign_in' | 'register' | 'setup'} mode */
  #passwords(mode) {
    return html`
      <p class="sign-in-lead">${t(`sign_in.lead.${mode}`)}</p>
      <lo-credentials-form
        .mode=${mode}
        .busy=${this.busy}
        .problem=${this.problem}
        @credentials=${this.#onCredentials}
      ></lo-credentials-form>
    `;
  }

  #otherMode() {
    return html`<p class="sign-in-other">
      ${t(this.registering ? 'sign_in.have_account' : 'sign_in.no_account')}
      <button type="button" class="link-button" @click=${this.#switch}>
        ${t(this.registering ? 'sign_in.submit.sign_in' : 'sign_in.submit.register')}
      </button>
    </p>`;
  }

  #switch() {
    this.registering = !this.registering;
    this.problem = null;
  }

  /** @param {CustomEvent} event */
  async #onCredentials({ detail }) {
    this.busy = true;
    this.problem = null;
    try {
      // The router goes on as soon as the session says who is here.
      await (this.#mode === 'sign_in' ? signIn(detail) : register(detail));
    } catch (error) {
      this.problem = toProblem(error);
    } finally {
      this.busy = false;
    }
  }
}

define('lo-sign-in-page', SignInPage);
