import { html, nothing } from 'lit';

import { carriesFiles, droppedFiles } from '../utils/dropped_files.js';
import { t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';
import './icon.js';

/**
 * Takes files and folders that are dropped anywhere on the page, and says where they go. Emits
 * `files`.
 */
class DropZone extends LightElement {
  static properties = { into: {}, forbidden: { type: Boolean }, over: { state: true } };

  #listening = new AbortController();
  #depth = 0;

  constructor() {
    super();
    /** The name of the collection that takes them, where it is known. */
    this.into = '';
    /** Whether nothing may be added to it. */
    this.forbidden = false;
    this.over = false;
  }

  connectedCallback() {
    super.connectedCallback();
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    addEventListener('dragenter', (event) => this.#onEnter(event), { signal });
    addEventListener('dragleave', (event) => this.#onLeave(event), { signal });
    addEventListener('dragover', (event) => carriesFiles(event) && event.preventDefault(), { signal });
    addEventListener('drop', (event) => void this.#onDrop(event), { signal });
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#listening.abort();
  }

  render() {
    if (!this.over) return nothing;
    const where = this.into ? html`<p class="drop-where">${t('upload.drop_into', { name: this.into })}</p>` : nothing;
    return html`<div class="drop-overlay" role="status">
      ${this.forbidden
        ? html`<div><lo-icon name="alert"></lo-icon><p>${t('upload.drop_forbidden', { name: this.into })}</p></div>`
        : html`<div><lo-icon name="upload"></lo-icon><p>${t('upload.drop_now')}</p>${where}</div>`}
    </div>`;
  }

  /** @param {DragEvent} event */
  #onEnter(event) {
    if (!carriesFiles(event)) return;
    this.#depth += 1;
    this.over = true;
  }

  /** @param {DragEvent} event */
  #onLeave(event) {
    if (!carriesFiles(event)) return;
    this.#depth = Math.max(0, this.#depth - 1);
    this.over = this.#depth > 0;
  }

  /** @param {DragEvent} event */
  async #onDrop(event) {
    if (!carriesFiles(event) || !event.dataTransfer) return;
    event.preventDefault();
    this.#depth = 0;
    this.over = false;
    if (this.forbidden) return;
    const files = await droppedFiles(event.dataTransfer);
    if (files.length > 0) this.emit('files', files);
  }
}

define('lo-drop-zone', DropZone);
