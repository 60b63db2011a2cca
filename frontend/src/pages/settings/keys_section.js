import './keys_section.css';
import './keys_words.js';

import { MultiStoreController } from '@nanostores/lit';
import { html, nothing } from 'lit';

import '../../components/copied_text.js';
import '../../components/dialog.js';
import '../../components/key_form.js';
import '../../components/key_list.js';
import { problemNote } from '../../components/problem_note.js';
import { $collections, loadCollections } from '../../store/collections.js';
import { $keys, loadKeys, makeKey, revokeKey } from '../../store/keys.js';
import { notify, notifyProblem } from '../../store/notices.js';
import { $user } from '../../store/session.js';
import { t } from '../../utils/i18n.js';
import { keySnippets, PLACEHOLDER } from '../../utils/key_snippets.js';
import { define, LightElement } from '../../utils/light_element.js';
import { toProblem } from '../../utils/problem.js';

/** @typedef {import('../../account_shapes.js').ApiKey} ApiKey */
/** @typedef {import('../../account_shapes.js').NewKey} NewKey */

/** What programs sign in with: making a key, which is shown once, listing and revoking; and how to connect. */
class KeysSection extends LightElement {
  static properties = {
    made: { state: true },
    revoking: { state: true },
    busy: { state: true },
    problem: { state: true },
  };

  #stores = new MultiStoreController(this, [$keys, $collections, $user]);

  constructor() {
    super();
    /** A key just made, until its maker has kept it. @type {{name: string, key: string} | null} */
    this.made = null;
    /** @type {ApiKey | null} */
    this.revoking = null;
    this.busy = false;
    /** @type {import('../../shapes.js').Problem | null} */
    this.problem = null;
  }

  connectedCallback() {
    super.connectedCallback();
    void loadKeys();
    if (!$collections.get().length) void loadCollections();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.made = null; // a secret stays nowhere
  }

  render() {
    return html`${this.#list()}${this.#form()}${this.#guides()}${this.#shownOnce()}${this.#question()}`;
  }

  #list() {
    const [{ items, state, problem }] = this.#stores.values;
    return html`<section class="settings-card" aria-labelledby="keys-heading">
      <h2 id="keys-heading" tabindex="-1">${t('keys.list')}</h2>
      <p class="settings-lead">${t('keys.lead')}</p>
      ${problem ? problemNote(problem, () => void loadKeys()) : nothing}
      ${state === 'loading' && !items.length ? html`<div class="skeleton-rows" aria-hidden="true"><i></i></div>` : nothing}
      ${state === 'idle' && !items.length ? html`<p>${t('keys.none')}</p>` : nothing}
      ${items.length
        ? html`<lo-key-list
            .keys=${items}
            @revoke-key=${(/** @type {CustomEvent<ApiKey>} */ { detail }) => (this.revoking = detail)}
          ></lo-key-list>`
        : nothing}
    </section>`;
  }

  #form() {
    const [, collections, user] = this.#stores.values;
    return html`<section class="settings-card" aria-labelledby="new-key-heading">
      <h2 id="new-key-heading">${t('keys.new')}</h2>
      <lo-key-form
        .collections=${collections}
        ?administrator=${user?.role === 'administrator'}
        ?busy=${this.busy}
        .problem=${this.problem}
        @make-key=${(/** @type {CustomEvent<NewKey>} */ { detail }) => void this.#onMake(detail)}
      ></lo-key-form>
    </section>`;
  }

  #guides() {
    return html`<section class="settings-card" aria-labelledby="connect-heading">
      <h2 id="connect-heading">${t('keys.connect')}</h2>
      <p class="settings-lead">${t('keys.connect_lead', { placeholder: PLACEHOLDER })}</p>
      ${keySnippets(location.origin).map(({ name, text }) => html`<div class="key-guide">
        <h3>${t(`keys.way.${name}`)}</h3>
        <lo-copied-text .text=${text} .label=${t(`keys.way.${name}`)}></lo-copied-text>
      </div>`)}
    </section>`;
  }

  #shownOnce() {
    if (!this.made) return nothing;
    const { name, key } = this.made;
    return html`<lo-dialog
      open
      .heading=${t('keys.made', { name })}
      .closable=${false}
      .content=${html`<p>${t('keys.made_lead')}</p>
        <lo-copied-text .text=${key} .label=${t('keys.secret')}></lo-copied-text>
        <div class="form-actions">
          <button type="button" class="button button-primary" @click=${() => void this.#leave()}>${t('keys.done')}</button>
        </div>`}
    ></lo-dialog>`;
  }

  #question() {
    if (!this.revoking) return nothing;
    const key = this.revoking;
    return html`<lo-dialog
      open
      .heading=${t('keys.revoke_of', { name: key.name })}
      .content=${html`<p>${t('keys.revoke_question', { name: key.name })}</p>
        <div class="form-actions">
          <button type="button" class="button" @click=${() => void this.#leave()}>${t('action.cancel')}</button>
          <button type="button" class="button button-danger" ?disabled=${this.busy} @click=${() => void this.#onRevoke(key)}>
            ${t('keys.revoke')}
          </button>
        </div>`}
      @close=${() => void this.#leave()}
    ></lo-dialog>`;
  }

  async #leave() {
    this.made = this.revoking = null;
    await this.updateComplete; // while a dialog is there, nothing behind it takes the focus
    /** @type {HTMLElement | null} */ (this.querySelector('#keys-heading'))?.focus();
  }

  /** @param {NewKey} wanted */
  async #onMake(wanted) {
    this.busy = true;
    this.problem = null;
    try {
      this.made = { name: wanted.name, key: await makeKey(wanted) };
      /** @type {any} */ (this.querySelector('lo-key-form')).reset();
    } catch (error) {
      this.problem = toProblem(error);
    } finally {
      this.busy = false;
    }
  }

  /** @param {ApiKey} key */
  async #onRevoke({ id, name }) {
    this.busy = true;
    try {
      await revokeKey(id);
      notify({ text: t('keys.revoked', { name }) });
    } catch (error) {
      notifyProblem(error);
    } finally {
      this.busy = false;
      void this.#leave();
    }
  }
}

define('lo-keys-section', KeysSection);
