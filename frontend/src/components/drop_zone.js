import { html, nothing } from 'lit';

import { carriesFiles, droppedFiles } from '../utils/dropped_files.js';
import { t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';
import './icon.js';

/**
 * Takes files and folders that are dropped anywhere on the page. Emits `files`.
 */
class DropZone extends LightElement {
  static properties = { over: { state: true } };

  #listening = new AbortController();
  #depth = 0;

  constructor() {
    super();
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
    return html`<div class="drop-overlay" role="status">
      <div><lo-icon name="upload"></lo-icon><p>${t('upload.drop_now')}</p></div>
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
    const files = await droppedFiles(event.dataTransfer);
    if (files.length > 0) this.emit('files', files);
  }
}

define('lo-drop-zone', DropZone);
