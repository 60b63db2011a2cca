import { html } from 'lit';
import { createRef, ref } from 'lit/directives/ref.js';

import { isWanted } from '../utils/dropped_files.js';
import { t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';
import './icon.js';

/** Buttons that choose files or a folder. Emits `files`. */
class FileButtons extends LightElement {
  static properties = { formats: { attribute: false } };

  #files = createRef();
  #folder = createRef();

  constructor() {
    super();
    /** @type {string[]} */
    this.formats = [];
  }

  render() {
    return html`
      <div class="file-buttons">
        <button type="button" class="button button-primary" @click=${() => this.#choose(this.#files)}>
          <lo-icon name="upload"></lo-icon>${t('upload.choose_files')}
        </button>
        <button type="button" class="button" @click=${() => this.#choose(this.#folder)}>
          <lo-icon name="folder"></lo-icon>${t('upload.choose_folder')}
        </button>
        <input
          ${ref(this.#files)}
          type="file"
          multiple
          hidden
          accept=${this.formats.join(',')}
          aria-label=${t('upload.choose_files')}
          @change=${this.#onChange}
        />
        <input ${ref(this.#folder)} type="file" webkitdirectory hidden aria-label=${t('upload.choose_folder')} @change=${this.#onChange} />
      </div>
    `;
  }

  /** @param {import('lit/directives/ref.js').Ref} input */
  #choose(input) {
    /** @type {HTMLInputElement} */ (input.value).click();
  }

  /** @param {Event} event */
  #onChange(event) {
    const input = /** @type {HTMLInputElement} */ (event.target);
    const files = [...(input.files ?? [])].filter(isWanted);
    input.value = '';
    if (files.length > 0) this.emit('files', files);
  }
}

define('lo-file-buttons', FileButtons);
