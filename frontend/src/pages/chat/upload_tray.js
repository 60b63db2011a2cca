import { StoreController } from '@nanostores/lit';
import { html, nothing } from 'lit';

import '../../components/upload_list.js';
import { $uploads, canRetryUpload, clearUploads, dismissUpload, retryUpload } from '../../store/uploads.js';
import { t } from '../../utils/i18n.js';
import { define, LightElement } from '../../utils/light_element.js';

/** The files that were dropped on the chat, over the composer. */
class UploadTray extends LightElement {
  #uploads = new StoreController(this, $uploads);

  render() {
    const uploads = this.#uploads.value;
    if (uploads.length === 0) return nothing;
    const running = uploads.some(({ status }) => status === 'waiting' || status === 'uploading');
    return html`
      <section class="upload-tray" aria-label=${t('upload.list')}>
        <header>
          <p role="status">${t(running ? 'upload.running' : 'upload.taken', { count: uploads.length })}</p>
          <a href="/documents">${t('upload.follow')}</a>
          ${running
            ? nothing
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
}

define('lo-upload-tray', UploadTray);
