import { StoreController } from '@nanostores/lit';
import { html, nothing } from 'lit';

import '../../components/file_buttons.js';
import { $documents, loadDocuments } from '../../store/documents.js';
import { addFiles } from '../../store/uploads.js';
import { t } from '../../utils/i18n.js';
import { define, LightElement } from '../../utils/light_element.js';
import { readStored, writeStored } from '../../utils/local_storage.js';

/** Kept until the account signs out. */
const HAD_DOCUMENTS = 'had_documents';
const SEARCHABLE = new Set(['searchable', 'ready']);

/** What a new conversation begins with. Emits `suggest` with a question. */
class Welcome extends LightElement {
  #documents = new StoreController(this, $documents);

  connectedCallback() {
    super.connectedCallback();
    void loadDocuments({ query: '', collection: null, show: 'all', quiet: true });
  }

  render() {
    const { items, loaded, state } = this.#documents.value;
    const waiting = !loaded && state !== 'failed';
    // Whoever had documents the last time reads the greeting while they are asked for.
    if (waiting && !readStored(HAD_DOCUMENTS, false)) return html`<div class="welcome" aria-busy="true"></div>`;
    if (!waiting && items.length === 0 && state !== 'failed') return this.#noDocuments();
    return html`
      <div class="welcome" aria-busy=${waiting}>
        <h2>${t('welcome.title')}</h2>
        <p>${t('welcome.lead')}</p>
        ${waiting ? nothing : this.#suggestions()}
      </div>
    `;
  }

  updated() {
    const { items, loaded } = this.#documents.value;
    if (loaded) writeStored(HAD_DOCUMENTS, items.length > 0 ? true : null);
  }

  #suggestions() {
    const ready = this.#documents.value.items.filter(({ status }) => SEARCHABLE.has(status));
    const titles = ready.slice(0, 2).map(({ title }) => t('welcome.ask_about', { title }));
    const suggestions = [...titles, ...(ready.length > 1 ? [t('welcome.ask_all')] : []), t('welcome.ask_find')].slice(0, 4);
    return html`
      <ul class="suggestions">
        ${suggestions.map((text) => html`<li>
          <button type="button" class="suggestion" @click=${() => this.emit('suggest', text)}>${text}</button>
        </li>`)}
      </ul>
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
