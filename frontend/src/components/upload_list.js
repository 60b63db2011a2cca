import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { t } from '../utils/i18n.js';
import { KeptFocus } from '../utils/keep_focus.js';
import { define, LightElement } from '../utils/light_element.js';
import { uploadPhase, uploadPhases } from '../utils/phases.js';
import { problemText } from '../utils/problem.js';
import './icon.js';
import './phase_bar.js';

/** @typedef {import('../shapes.js').Upload} Upload */

/** A folder may hold thousands of files: those under way and those refused are drawn first. */
const DRAWN = 40;
const ORDER = { uploading: 0, refused: 1, waiting: 2, duplicate: 3, done: 4 };
const ENDED = new Set(['ready', 'failed', 'cancelled']);

/** Files on their way, and what becomes of them. Emits `dismiss` (id) and `retry` (id). */
class UploadList extends LightElement {
  static properties = {
    uploads: { attribute: false },
    canRetry: { attribute: false },
    drawn: { state: true },
  };

  constructor() {
    super();
    new KeptFocus(this, '.row-actions button');
    /** @type {Upload[]} */
    this.uploads = [];
    /** @type {(id: string) => boolean} */
    this.canRetry = () => false;
    this.drawn = DRAWN;
  }

  render() {
    if (this.uploads.length === 0) return nothing;
    const few = this.uploads.length <= this.drawn;
    const shown = few ? this.uploads : [...this.uploads].sort((a, b) => ORDER[a.status] - ORDER[b.status]).slice(0, this.drawn);
    return html`
      <ul class="rows" aria-label=${t('upload.list')}>
        ${repeat(shown, ({ id }) => id, (upload) => this.#row(upload))}
      </ul>
      ${few
        ? nothing
        : html`<button type="button" class="button button-quiet button-wide" @click=${() => (this.drawn += DRAWN)}>
            ${t('upload.others', { count: this.uploads.length - this.drawn })}
          </button>`}
    `;
  }

  /** @param {Upload} upload */
  #row(upload) {
    const { id, filename, status, document } = upload;
    const sending = status === 'waiting' || status === 'uploading';
    const working = sending || (status === 'done' && document !== null && !ENDED.has(document.status));
    const error = upload.error ?? document?.error;
    const bad = status === 'refused' || document?.status === 'failed';
    const phase = uploadPhase(upload);
    return html`
      <li class="row" data-testid="document-row" data-status=${(status === 'done' && document?.status) || status}>
        <lo-icon class="row-icon" name=${bad ? 'alert' : document?.status === 'ready' ? 'check' : 'file'}></lo-icon>
        <div class="row-main">
          <p class="row-title">${filename}</p>
          <p class="row-detail ${bad ? 'row-detail-bad' : ''}">
            ${error ? problemText(error) : phase}
            ${error?.request_id ? html`<small>${t('error.request_id', { id: error.request_id })}</small>` : nothing}
          </p>
          ${working ? html`<lo-phase-bar .phases=${uploadPhases(upload)} .label=${filename} .text=${phase}></lo-phase-bar>` : nothing}
        </div>
        <div class="row-actions">
          ${status === 'refused' && this.canRetry(id)
            ? html`<button type="button" class="button" @click=${() => this.emit('retry', id)}>${t('action.retry')}</button>`
            : nothing}
          <button
            type="button"
            class="icon-button"
            aria-label=${t(sending ? 'upload.cancel' : 'upload.dismiss', { filename })}
            title=${t(sending ? 'action.cancel' : 'action.dismiss')}
            @click=${() => this.emit('dismiss', id)}
          ><lo-icon name="close"></lo-icon></button>
        </div>
      </li>
    `;
  }
}

define('lo-upload-list', UploadList);
