import './documents_page.css';
import './pictures.css';

import { MultiStoreController } from '@nanostores/lit';
import { html, nothing } from 'lit';

import '../../components/drop_zone.js';
import '../../components/file_buttons.js';
import '../../components/icon.js';
import '../../components/upload_list.js';
import { $chosenCollection, $collections, chooseCollection, loadCollections } from '../../store/collections.js';
import { $documents, loadDocuments } from '../../store/documents.js';
import { $about } from '../../store/session.js';
import { $uploads, addFiles, canRetryUpload, clearUploads, dismissUpload, retryUpload } from '../../store/uploads.js';
import { debounce } from '../../utils/debounce.js';
import { formatBytes } from '../../utils/format.js';
import { formatFamilies } from '../../utils/format_families.js';
import { t } from '../../utils/i18n.js';
import { define, LightElement } from '../../utils/light_element.js';
import './collection_dialog.js';
import './document_list.js';
import './document_view.js';

/** Documents of a collection: adding, following, opening and removing them. */
class DocumentsPage extends LightElement {
  static properties = {
    params: { attribute: false },
    creating: { state: true },
  };

  #stores = new MultiStoreController(this, [$about, $collections, $chosenCollection, $documents, $uploads]);
  #filter = debounce((/** @type {string} */ query) => void loadDocuments({ query }), 200);

  constructor() {
    super();
    /** @type {{id?: string}} */
    this.params = {};
    this.creating = false;
  }

  connectedCallback() {
    super.connectedCallback();
    void loadCollections();
    void loadDocuments({ query: '', collection: $chosenCollection.get(), quiet: $documents.get().loaded });
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#filter.cancel();
    clearUploads();
  }

  render() {
    document.title = `${t('documents.title')} · Like-Opt`;
    const { id } = this.params;
    return html`
      <lo-drop-zone @files=${this.#onFiles}></lo-drop-zone>
      <div class="documents" data-testid="drop-zone">
        <header class="page-header">
          <button
            type="button"
            class="icon-button drawer-button"
            aria-label=${t('frame.open_sidebar')}
            aria-controls="sidebar"
            @click=${() => this.emit('open-drawer')}
          ><lo-icon name="menu"></lo-icon></button>
          <h1 class="page-title">${t('documents.title')}</h1>
        </header>
        <div class="documents-scroll">
          <div class="documents-column">
            ${id ? html`<lo-document-view .documentId=${id}></lo-document-view>` : this.#list()}
          </div>
        </div>
      </div>
      <lo-collection-dialog .open=${this.creating} @close=${() => (this.creating = false)}></lo-collection-dialog>
    `;
  }

  #list() {
    const uploads = this.#stores.values[4].filter(({ status }) => status !== 'done');
    return html`
      ${this.#intake()} ${this.#bar()}
      <lo-upload-list
        .uploads=${uploads}
        .canRetry=${canRetryUpload}
        @dismiss=${(/** @type {CustomEvent} */ { detail }) => dismissUpload(detail)}
        @retry=${(/** @type {CustomEvent} */ { detail }) => retryUpload(detail)}
      ></lo-upload-list>
      <lo-document-list></lo-document-list>
    `;
  }

  #intake() {
    const [about] = this.#stores.values;
    const formats = about?.formats ?? [];
    return html`
      <section class="intake" aria-label=${t('upload.add')}>
        <p class="intake-lead">${t('upload.drop_here')}</p>
        <lo-file-buttons .formats=${formats} @files=${this.#onFiles}></lo-file-buttons>
        <p class="intake-formats">
          ${formatFamilies(formats).join(' · ')}
          ${about ? html`<span>${t('upload.limit', { size: formatBytes(about.max_upload_bytes) })}</span>` : nothing}
        </p>
      </section>
    `;
  }

  #bar() {
    const [, collections, collection, { query }] = this.#stores.values;
    return html`
      <div class="documents-bar">
        <label class="field-inline">
          <span class="sr-only">${t('collection.label')}</span>
          <select aria-label=${t('collection.label')} @change=${this.#onCollection}>
            <option value="" ?selected=${!collection}>${t('collection.all')}</option>
            ${collections.map(({ id, name, documents }) => html`
              <option value=${id} ?selected=${id === collection}>${name} (${documents})</option>
            `)}
          </select>
        </label>
        <button type="button" class="button" @click=${() => (this.creating = true)}>
          <lo-icon name="folder-plus"></lo-icon>${t('collection.create')}
        </button>
        <search class="filter">
          <lo-icon name="search"></lo-icon>
          <input
            type="search"
            placeholder=${t('documents.filter')}
            aria-label=${t('documents.filter')}
            .value=${query}
            @input=${(/** @type {any} */ { target }) => this.#filter(target.value.trim())}
          />
        </search>
      </div>
    `;
  }

  /** @param {CustomEvent<File[]>} event */
  #onFiles({ detail }) {
    addFiles(detail);
    if (this.params.id) this.emit('navigate', { path: '/documents' });
  }

  /** @param {Event} event */
  #onCollection(event) {
    const id = /** @type {HTMLSelectElement} */ (event.target).value || null;
    chooseCollection(id);
    void loadDocuments({ collection: id });
  }
}

define('lo-documents-page', DocumentsPage);
