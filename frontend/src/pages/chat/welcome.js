import { StoreController } from '@nanostores/lit';
import { html } from 'lit';

import '../../components/file_buttons.js';
import { $documents, loadDocuments } from '../../store/documents.js';
import { addFiles } from '../../store/uploads.js';
import { t } from '../../utils/i18n.js';
import { define, LightElement } from '../../utils/light_element.js';

const SEARCHABLE = new Set(['searchable', 'ready']);

/** What a new conversation begins with. Emits `suggest` with a question. */
class Welcome extends LightElement {
  #documents = new StoreController(this, $documents);

  connectedCallback() {
    super.connectedCallback();
    void loadDocuments({ query: '', collection: null, quiet: true });
  }

  render() {
    const { items, loaded, state } = this.#documents.value;
    if (!loaded && state !== 'failed') return html`<div class="welcome" aria-busy="true"></div>`;
    if (items.length === 0 && state !== 'failed') return this.#noDocuments();
    const ready = items.filter(({ status }) => SEARCHABLE.has(status));
    const titles = ready.slice(0, 2).map(({ title }) => t('welcome.ask_about', { title }));
    const suggestions = [...titles, t('welcome.ask_compare'), t('welcome.ask_find')].slice(0, 4);
    return html`
      <div class="welcome">
        <h2>${t('welcome.title')}</h2>
        <p>${t('welcome.lead')}</p>
        <ul class="suggestions">
          ${suggestions.map((text) => html`<li>
            <button type="button" class="suggestion" @click=${() => this.emit('suggest', text)}>${text}</button>
          </li>`)}
        </ul>
      </div>
    `;
  }

  #noDocuments() {
    return html`
      <div class="welcome">
        <h2>${t('welcome.no_documents')}</h2>
        <p>${t('welcome.no_documents_lead')}</p>
        <lo-file-buttons
          @files=${(/** @type {CustomEvent} */ { detail }) => addFiles(detail)}
        ></lo-file-buttons>
      </div>
    `;
  }
}

define('lo-welcome', Welcome);
