import './upload_tray.css';
import './upload_words.js';

import { StoreController } from '@nanostores/lit';
import { html, nothing } from 'lit';

import '../../components/upload_list.js';
import {
  $uploads, cancelUploads, canRetryUpload, clearUploads, dismissUpload, isSending, retryUpload,
} from '../../store/uploads.js';
import { t } from '../../utils/i18n.js';
import { KeptFocus } from '../../utils/keep_focus.js';
import { define, LightElement } from '../../utils/light_element.js';

/** The files that were dropped on a page that lists none, and what becomes of them. */
class UploadTray extends LightElement {
  #uploads = new StoreController(this, $uploads);

  constructor() {
    super();
    new KeptFocus(this, 'header button');
  }

  render() {
    const uploads = this.#uploads.value;
    if (uploads.length === 0) return nothing;
    const sending = uploads.filter(isSending).length;
    return html`
      <section class="upload-tray" aria-label=${t('upload.list')}>
        <header>
          <p role="status">${sending > 0 ? t('upload.running', { count: sending }) : this.#outcome()}</p>
          <a href="/documents">${t('upload.follow')}</a>
          ${sending > 0
            ? html`<button type="button" class="button button-quiet button-small" @click=${cancelUploads}>${t('upload.cancel_all')}</button>`
            : html`<button type="button" class="icon-button" aria-label=${t('action.dismiss')} @click=${clearUploads}>
                <lo-icon name="close"></lo-icon>
              </button>`}
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

  #outcome() {
    const uploads = this.#uploads.value;
    const refused = uploads.filter(({ status }) => status === 'refused').length;
    const taken = uploads.length - refused;
    const words = [];
    if (taken > 0) words.push(t('upload.taken', { count: taken }));
    if (refused > 0) words.push(t('upload.refused_count', { count: refused }));
    return words.join(' · ');
  }
}

define('lo-upload-tray', UploadTray);
