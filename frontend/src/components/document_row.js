import { html, nothing } from 'lit';

import { formatBytes, formatDate } from '../utils/format.js';
import { t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';
import { documentPhase, documentPhases, learntPassages } from '../utils/phases.js';
import { problemText } from '../utils/problem.js';
import './icon.js';
import './menu.js';
import './phase_bar.js';

/** @typedef {import('../shapes.js').Document} Document */

const RUNNING = new Set(['queued', 'extracting', 'searchable']);
/** What is wrong with the file itself stays wrong, however often it is read. */
const IN_THE_FILE = new Set([
  'BROKEN_FILE', 'EMPTY_FILE', 'NOTHING_IN_ARCHIVE', 'PASSWORD_PROTECTED', 'TOO_MANY_SCANS', 'UNSUPPORTED_TYPE',
]);

/**
 * One document and how far it is. Emits `retry-document` and `delete-document` with its id,
 * `cancel-document` with the document and `choose-document` with {id, chosen, range}.
 */
class DocumentRow extends LightElement {
  static properties = {
    document: { attribute: false },
    address: {},
    writable: { type: Boolean },
    chosen: { type: Boolean },
    collection: {},
  };

  constructor() {
    super();
    this.document = /** @type {Document} */ (/** @type {unknown} */ (null));
    /** Where the file is. */
    this.address = '';
    this.writable = false;
    this.chosen = false;
    /** The collection's name, where it is not clear already. */
    this.collection = '';
  }

  render() {
    const { id, title, status } = this.document;
    const running = RUNNING.has(status);
    const failed = status === 'failed';
    return html`
      <div class="row ${this.chosen ? 'row-chosen' : ''}" data-testid="document-row" data-status=${status}>
        ${this.writable ? this.#choice() : html`<lo-icon class="row-icon" name="file"></lo-icon>`}
        <div class="row-main">
          <a class="row-title" href="/documents/${encodeURIComponent(id)}">${title}</a>
          <p class="row-detail ${failed ? 'row-detail-bad' : ''}">${this.#details()}</p>
          ${running
            ? html`<lo-phase-bar
                .phases=${documentPhases(this.document)}
                .label=${title}
                .text=${documentPhase(this.document)}
              ></lo-phase-bar>`
            : nothing}
        </div>
        <div class="row-actions">
          ${this.writable ? this.#action() : nothing}
          <lo-menu .label=${t('document.menu', { title })} .items=${this.#menu()}></lo-menu>
        </div>
      </div>
    `;
  }

  #choice() {
    const { id, title } = this.document;
    return html`<label class="row-choice">
      <input
        type="checkbox"
        aria-label=${t('document.choose', { title })}
        .checked=${this.chosen}
        @click=${(/** @type {MouseEvent} */ event) => {
          const { checked } = /** @type {HTMLInputElement} */ (event.target);
          this.emit('choose-document', { id, chosen: checked, range: event.shiftKey });
        }}
      />
    </label>`;
  }

  #action() {
    const { id, status, error, job_id: job } = this.document;
    if (RUNNING.has(status)) {
      if (!job) return nothing;
      return html`<button type="button" class="button button-quiet" @click=${() => this.emit('cancel-document', this.document)}>
        ${t('action.cancel')}
      </button>`;
    }
    const hopeless = status === 'failed' && error && IN_THE_FILE.has(error.error_code);
    if (hopeless) {
      return html`<button type="button" class="button button-quiet" @click=${() => this.emit('delete-document', id)}>
        ${t('document.remove')}
      </button>`;
    }
    if (status !== 'failed' && status !== 'cancelled') return nothing;
    return html`<button type="button" class="button" @click=${() => this.emit('retry-document', id)}>${t('action.retry')}</button>`;
  }

  #details() {
    const { status, error, pages, passages, bytes, created_at: createdAt, filename, title } = this.document;
    if (status === 'failed') return error ? problemText(error) : t('status.failed');
    const words = [documentPhase(this.document)];
    if (this.collection) words.push(this.collection);
    // A title that is the file's name says all but the kind of file.
    words.push(filename.startsWith(`${title}.`) ? filename.slice(title.length + 1).toUpperCase() : filename);
    if (pages && passages) words.push(t('document.pages', { count: pages }));
    if (status === 'ready') words.push(t('document.passages', { count: passages }));
    else if (status === 'searchable') words.push(t('document.passages_learnt', { done: learntPassages(this.document), count: passages }));
    words.push(formatBytes(bytes), formatDate(createdAt));
    return words.map((word, index) => html`<span class=${index === 0 ? `status status-${status}` : ''}>${word}</span>`);
  }

  #menu() {
    const { id, status } = this.document;
    const items = [
      { label: t('document.view'), icon: 'search', run: () => this.emit('open-document', id) },
      { label: t('document.download'), icon: 'download', href: this.address },
    ];
    if (!this.writable) return items;
    if (status === 'failed') {
      items.push({ label: t('document.read_again'), icon: 'refresh', run: () => this.emit('retry-document', id) });
    }
    const remove = () => this.emit('delete-document', id);
    return [...items, { label: t('document.delete'), icon: 'trash', danger: true, run: remove }];
  }
}

define('lo-document-row', DocumentRow);
