import { html, nothing } from 'lit';

import { formatBytes, formatDate, formatPercent } from '../utils/format.js';
import { t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';
import { problemText } from '../utils/problem.js';
import './icon.js';
import './menu.js';
import './progress_bar.js';

/** @typedef {import('../shapes.js').Document} Document */

const RUNNING = new Set(['queued', 'extracting', 'searchable']);

/**
 * One document and how far it is. Emits `retry-document`, `cancel-document` and
 * `delete-document` with its id.
 */
class DocumentRow extends LightElement {
  static properties = {
    document: { attribute: false },
    address: {},
    cancellable: { type: Boolean },
    writable: { type: Boolean },
    collection: {},
  };

  constructor() {
    super();
    this.document = /** @type {Document} */ (/** @type {unknown} */ (null));
    /** Where the file is. */
    this.address = '';
    this.cancellable = false;
    this.writable = true;
    /** The collection's name, where it is not clear already. */
    this.collection = '';
  }

  render() {
    const { id, title, status, progress } = this.document;
    const running = RUNNING.has(status);
    const failed = status === 'failed';
    return html`
      <div class="row" data-testid="document-row" data-status=${status}>
        <lo-icon class="row-icon" name=${failed ? 'alert' : 'file'}></lo-icon>
        <div class="row-main">
          <a class="row-title" href="/documents/${encodeURIComponent(id)}">${title}</a>
          <p class="row-detail ${failed ? 'row-detail-bad' : ''}">${this.#details()}</p>
          ${running ? html`<lo-progress-bar .value=${progress} .label=${title}></lo-progress-bar>` : nothing}
        </div>
        <div class="row-actions">
          ${this.writable && (failed || status === 'cancelled')
            ? html`<button type="button" class="button" @click=${() => this.emit('retry-document', id)}>
                ${t('action.retry')}
              </button>`
            : nothing}
          ${this.cancellable && running
            ? html`<button type="button" class="button button-quiet" @click=${() => this.emit('cancel-document', id)}>
                ${t('action.cancel')}
              </button>`
            : nothing}
          <lo-menu .label=${t('document.menu', { title })} .items=${this.#menu()}></lo-menu>
        </div>
      </div>
    `;
  }

  #details() {
    const { status, progress, error, pages, passages, bytes, created_at: createdAt, filename, title } = this.document;
    if (status === 'failed') return error ? problemText(error) : t('status.failed');
    const words = [t(`status.${status}`, { progress: formatPercent(progress) })];
    if (this.collection) words.push(this.collection);
    // A title that is the file's name says all but the kind of file.
    words.push(filename.startsWith(`${title}.`) ? filename.slice(title.length + 1).toUpperCase() : filename);
    if (status === 'ready') {
      if (pages) words.push(t('document.pages', { count: pages }));
      words.push(t('document.passages', { count: passages }));
    }
    words.push(formatBytes(bytes), formatDate(createdAt));
    return words.map((word, index) => html`<span class=${index === 0 ? `status status-${status}` : ''}>${word}</span>`);
  }

  #menu() {
    const { id } = this.document;
    const items = [
      { label: t('document.view'), icon: 'search', run: () => this.emit('open-document', id) },
      { label: t('document.download'), icon: 'download', href: this.address },
    ];
    if (!this.writable) return items;
    return [
      ...items,
      {
        label: t('document.delete'),
        icon: 'trash',
        danger: true,
        run: () => this.emit('delete-document', id),
      },
    ];
  }
}

define('lo-document-row', DocumentRow);
