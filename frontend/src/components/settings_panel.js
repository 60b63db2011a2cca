import { html, nothing } from 'lit';

import { LANGUAGE_NAMES, LANGUAGES, t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';
import { choice } from './choice.js';
import './icon.js';
import { modelName } from './model_badge.js';

/** @typedef {import('../shapes.js').About} About */
/** @typedef {import('../shapes.js').User} User */

/** @type {Record<string, string>} */
const EMBEDDINGS = { use: 'Universal Sentence Encoder', e5: 'multilingual-e5-small', minilm: 'all-MiniLM-L6-v2' };

/** Language, theme, the model and the account. Emits `language`, `theme`, `open-shortcuts` and `sign-out`. */
class SettingsPanel extends LightElement {
  static properties = {
    about: { attribute: false },
    user: { attribute: false },
    language: {},
    theme: {},
  };

  constructor() {
    super();
    /** @type {About | null} */
    this.about = null;
    /** @type {User | null} */
    this.user = null;
    this.language = 'system';
    this.theme = 'system';
  }

  render() {
    const languages = LANGUAGES.map((name) => ({ value: name, label: LANGUAGE_NAMES[name] }));
    const themes = ['light', 'dark'].map((value) => ({ value, label: t(`theme.${value}`) }));
    return html`
      <div class="settings">
        ${choice({
          name: 'language',
          label: t('settings.language'),
          options: [{ value: 'system', label: t('settings.browser') }, ...languages],
          current: this.language,
          choose: (value) => this.emit('language', value),
        })}
        ${choice({
          name: 'theme',
          label: t('settings.theme'),
          options: [{ value: 'system', label: t('settings.system') }, ...themes],
          current: this.theme,
          choose: (value) => this.emit('theme', value),
        })}
        ${this.about?.model ? this.#model() : nothing}
        <button type="button" class="button settings-shortcuts" @click=${() => this.emit('open-shortcuts')}>
          <lo-icon name="keyboard"></lo-icon>${t('shortcuts.title')}
        </button>
        ${this.about?.offered_questions === 'shared' ? html`<p class="settings-hint">${t('settings.offered')}</p>` : nothing}
        <section>
          <h3>${t('settings.account')}</h3>
          <div class="form">
            <div class="account">
              <div>
                <p class="account-name">${this.user?.name}</p>
                <p class="account-detail">${this.user?.email} · ${t(`role.${this.user?.role}`)}</p>
              </div>
              <button type="button" class="button" @click=${() => this.emit('sign-out')}>
                <lo-icon name="log-out"></lo-icon>${t('settings.sign_out')}
              </button>
            </div>
            <a class="button" href="/settings/account" @click=${() => this.emit('close')}>
              <lo-icon name="settings"></lo-icon>${t('settings.all')}
            </a>
          </div>
        </section>
        <p class="settings-version">${this.about?.name} ${this.about?.version}</p>
      </div>
    `;
  }

  #model() {
    const model = /** @type {import('../shapes.js').Model} */ (this.about?.model);
    const embedding = this.about?.embedding;
    const extractive = model.provider === 'extractive';
    return html`
      <section id="settings-model">
        <h3>${t('settings.model')}</h3>
        <p class="settings-value">
          <lo-icon name="model"></lo-icon>${modelName(model)}
          ${model.available ? nothing : html`<span class="badge badge-warn">${t('model.away')}</span>`}
        </p>
        ${extractive ? html`<p>${t('model.none_explained')}</p><p>${t('model.how_to_connect')}</p>` : nothing}
        ${model.hint && !extractive ? html`<p class="settings-hint">${model.hint}</p>` : nothing}
        ${embedding ? html`<p class="account-detail">${t('settings.embedding', { name: EMBEDDINGS[embedding.name] ?? embedding.name })}</p>` : nothing}
      </section>
    `;
  }
}

define('lo-settings-panel', SettingsPanel);
