import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { formatBytes, formatPercent } from '../utils/format.js';
import { t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';
import { problemText } from '../utils/problem.js';
import './icon.js';
import './progress_bar.js';

/** @typedef {import('../shapes.js').Upload} Upload */

/** Files on their way. Emits `dismiss` (id) and `retry` (id). */
class UploadList extends LightElement {
  static properties = {
    uploads: { attribute: false },
    canRetry: { attribute: false },
  };

  constructor() {
    super();
    /** @type {Upload[]} */
    this.uploads = [];
    /** @type {(id: string) => boolean} */
    this.canRetry = () => false;
  }

  render() {
    if (this.uploads.length === 0) return nothing;
    return html`<ul class="rows" aria-label=${t('upload.list')}>
      ${repeat(this.uploads, ({ id }) => id, (upload) => this.#row(upload))}
    </ul>`;
  }

  /** @param {Upload} upload */
  #row({ id, filename, bytes, status, progress, error }) {
    const running = status === 'waiting' || status === 'uploading';
    return html`
      <li class="row" data-testid="document-row" data-status=${status}>
        <lo-icon class="row-icon" name=${status === 'refused' ? 'alert' : 'file'}></lo-icon>
        <div class="row-main">
          <p class="row-title">${filename}</p>
          <p class="row-detail ${status === 'refused' ? 'row-detail-bad' : ''}">
            ${error ? problemText(error) : t(`upload.${status}`, { progress: formatPercent(progress) })}
            ${running ? html`<span>${formatBytes(bytes)}</span>` : nothing}
            ${error?.request_id ? html`<small>${t('error.request_id', { id: error.request_id })}</small>` : nothing}
          </p>
          ${running ? html`<lo-progress-bar .value=${progress} .label=${filename}></lo-progress-bar>` : nothing}
        </div>
        <div class="row-actions">
          ${status === 'refused' && this.canRetry(id)
            ? html`<button type="button" class="button" @click=${() => this.emit('retry', id)}>${t('action.retry')}</button>`
            : nothing}
          <button
            type="button"
            class="icon-button"
            aria-label=${t(running ? 'upload.cancel' : 'upload.dismiss', { filename })}
            title=${t(running ? 'action.cancel' : 'action.dismiss')}
            @click=${() => this.emit('dismiss', id)}
          ><lo-icon name="close"></lo-icon></button>
        </div>
      </li>
    `;
  }
}

define('lo-upload-list', UploadList);
