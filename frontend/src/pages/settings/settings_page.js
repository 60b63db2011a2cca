import '../../styles/column_page.css';
import './settings_page.css';
import './words.js';

import { MultiStoreController } from '@nanostores/lit';
import { html, nothing } from 'lit';

import { pageHeader } from '../../components/page_header.js';
import { problemNote } from '../../components/problem_note.js';
import { $session, $user } from '../../store/session.js';
import { t } from '../../utils/i18n.js';
import { define, LightElement } from '../../utils/light_element.js';
import { toProblem } from '../../utils/problem.js';
import { SECTIONS, sectionsOf } from './sections.js';

/** The settings of one's account, and, for administrators, of everybody's. The address says which section is shown. */
class SettingsPage extends LightElement {
  static properties = { params: { attribute: false }, section: { state: true }, problem: { state: true } };

  #stores = new MultiStoreController(this, [$user, $session]);

  constructor() {
    super();
    /** @type {Record<string, string>} */
    this.params = {};
    /** @type {HTMLElement | null} */
    this.section = null;
    /** @type {import('../../shapes.js').Problem | null} */
    this.problem = null;
  }

  get #name() {
    return this.params.section ?? SECTIONS[0].name;
  }

  get #allowed() {
    return sectionsOf(this.#stores.values[0]).find(({ name }) => name === this.#name) ?? null;
  }

  updated() {
    const wanted = this.#allowed;
    if (wanted && this.section?.localName !== wanted.tag) void this.#show(wanted);
  }

  /** @param {import('./sections.js').Section} section */
  async #show({ name, tag, module }) {
    if (this.problem) return;
    try {
      await module.load();
      if (this.#allowed?.name === name && this.section?.localName !== tag) this.section = document.createElement(tag);
    } catch (error) {
      this.problem = { ...toProblem(error), error_code: 'UNREACHABLE' };
    }
  }

  render() {
    const allowed = this.#allowed;
    const title = allowed ? t(`settings_page.section.${allowed.name}`) : t('settings.title');
    document.title = `${title} · Like-Opt`;
    return html`
      <div class="column-page settings-page">
        ${pageHeader(t('settings.title'), () => this.emit('open-drawer'))}
        <div class="column-page-scroll">
          <div class="column-page-column">
            ${this.#tabs()}
            ${this.problem ? problemNote(this.problem, () => (this.problem = null)) : nothing}
            ${allowed ? this.#shown(allowed) : this.#refusal()}
          </div>
        </div>
      </div>
    `;
  }

  #tabs() {
    const sections = sectionsOf(this.#stores.values[0]);
    return html`<nav class="settings-tabs" aria-label=${t('settings_page.sections')}>
      ${sections.map(({ name, module }) => html`<a
        class="settings-tab"
        href="/settings/${name}"
        aria-current=${name === this.#name ? 'page' : nothing}
        @pointerenter=${() => module.preload()}
        @focus=${() => module.preload()}
      >${t(`settings_page.section.${name}`)}</a>`)}
    </nav>`;
  }

  /** @param {import('./sections.js').Section} section */
  #shown({ tag }) {
    if (this.section?.localName === tag) return this.section;
    return html`<div class="skeleton-rows" aria-hidden="true"><i></i><i></i><i></i></div>`;
  }

  #refusal() {
    const known = SECTIONS.some(({ name }) => name === this.#name);
    return html`
      <div class="page-message" data-testid="refusal">
        <h2>${t(known ? 'settings_page.refused' : 'settings_page.unknown')}</h2>
        <a class="button button-primary" href="/settings/account">${t('settings_page.section.account')}</a>
      </div>
    `;
  }
}

define('lo-settings-page', SettingsPage);
