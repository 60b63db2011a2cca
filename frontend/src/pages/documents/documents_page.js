import './documents_page.css';
import './pictures.css';
import './words.js';

import { MultiStoreController } from '@nanostores/lit';
import { html, nothing } from 'lit';

import '../../components/file_buttons.js';
import { pageHeader } from '../../components/page_header.js';
import { $chosenCollection, $collections, $intake, loadCollections } from '../../store/collections.js';
import { chooseNone } from '../../store/document_actions.js';
import { $documents, loadDocuments, watchDocuments } from '../../store/documents.js';
import { $about } from '../../store/session.js';
import {
  $uploads, addFiles, cancelUploads, canRetryUpload, clearUploads, dismissUpload, isSending, retryUpload,
} from '../../store/uploads.js';
import { formatBytes } from '../../utils/format.js';
import { formatFamilies } from '../../utils/format_families.js';
import { t } from '../../utils/i18n.js';
import { KeptFocus } from '../../utils/keep_focus.js';
import { define, LightElement } from '../../utils/light_element.js';
import './collection_bar.js';
import './document_list.js';
import './document_view.js';
import './move_note.js';
import './room_note.js';
import './web_page_form.js';

/** Documents of a collection: adding, following, opening and removing them. */
class DocumentsPage extends LightElement {
  static properties = { params: { attribute: false } };

  #stores = new MultiStoreController(this, [$about, $collections, $intake, $uploads, $documents]);
  #unwatch = () => {};

  constructor() {
    super();
    new KeptFocus(this, 'lo-file-buttons button', '.uploads');
    /** @type {{id?: string}} */
    this.params = {};
  }

  connectedCallback() {
    super.connectedCallback();
    this.#unwatch = watchDocuments();
    void loadCollections();
    const { loaded } = $documents.get();
    void loadDocuments({ query: '', show: 'all', collection: $chosenCollection.get(), quiet: loaded });
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#unwatch();
    chooseNone();
    clearUploads();
  }

  render() {
    document.title = `${t('documents.title')} · Like-Opt`;
    const { id } = this.params;
    return html`
      <div class="documents">
        ${pageHeader(t('documents.title'), () => this.emit('open-drawer'))}
        <div class="documents-scroll">
          <div class="documents-column">
            ${id ? html`<lo-document-view .documentId=${id} .passageId=${this.#passage}></lo-document-view>` : this.#list()}
          </div>
        </div>
      </div>
    `;
  }

  /** The passage that a link leads to. */
  get #passage() {
    return Number(new URLSearchParams(location.search).get('passage')) || null;
  }

  #list() {
    return html`
      <lo-collection-bar></lo-collection-bar>
      ${this.#intake()}
      ${this.#uploads()}
      <lo-room-note></lo-room-note>
      <lo-move-note></lo-move-note>
      <lo-document-list></lo-document-list>
    `;
  }

  #intake() {
    const [about, collections, intake] = this.#stores.values;
    if (intake?.access === 'reader') return html`<p class="intake-closed">${t('upload.read_only')}</p>`;
    const formats = about?.formats ?? [];
    const { items, loaded, query, show } = this.#stores.values[4];
    // Where documents stand already, they are what one comes for.
    const small = !loaded || items.length > 0 || query !== '' || show !== 'all';
    return html`
      <section class="intake ${small ? 'intake-small' : ''}" aria-label=${t('upload.add')}>
        <p class="intake-lead">${t('upload.drop_here')}</p>
        <lo-file-buttons
          .formats=${formats}
          @files=${(/** @type {CustomEvent} */ { detail }) => addFiles(detail)}
        ></lo-file-buttons>
        ${about?.web_pages ? html`<lo-web-page-form></lo-web-page-form>` : nothing}
        <p class="intake-formats">
          ${collections.length > 1 && intake ? html`<b>${t('upload.drop_into', { name: intake.name })}</b>` : nothing}
          ${formatFamilies(formats, t('upload.source_code')).join(' · ')}
          ${about ? html`<span>${t('upload.limit', { size: formatBytes(about.max_upload_bytes) })}</span>` : nothing}
        </p>
      </section>
    `;
  }

  /** What has been sent stands in the list of documents. The list of files comes with their tray. */
  #uploads() {
    const uploads = this.#stores.values[3].filter(({ status }) => status !== 'done');
    if (uploads.length === 0) return nothing;
    const sending = uploads.filter(isSending).length;
    const refused = uploads.filter(({ status }) => status === 'refused').length;
    return html`
      <section class="uploads" aria-label=${t('upload.list')}>
        <header>
          <p role="status">
            ${sending > 0 ? t('upload.running', { count: sending }) : nothing}
            ${refused > 0 ? html`<span class="uploads-refused">${t('upload.refused_count', { count: refused })}</span>` : nothing}
          </p>
          ${sending > 0
            ? html`<button type="button" class="button button-quiet button-small" @click=${cancelUploads}>${t('upload.cancel_all')}</button>`
            : html`<button type="button" class="button button-quiet button-small" @click=${clearUploads}>${t('action.dismiss')}</button>`}
        </header>
        <lo-upload-list
          .uploads=${uploads}
          .canRetry=${canRetryUpload}
          @dismiss=${(/** @type {CustomEvent} */ { detail }) => dismissUpload(detail)}
          @retry=${(/** @type {CustomEvent} */ { detail }) => retryUpload(detail)}
        ></lo-upload-list>
      </section>
    `;
  }
}

define('lo-documents-page', DocumentsPage);
