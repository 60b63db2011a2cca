import { html, nothing } from 'lit';
import { createRef, ref } from 'lit/directives/ref.js';

import { t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';
import { drawnSize, sourceSet } from '../utils/picture_sizes.js';
import './icon.js';

/** @typedef {import('../shapes.js').Picture} Picture */

/** One picture over the page; the arrow keys go to the others. Emits `show` (index) and `close`. */
class PictureDialog extends LightElement {
  static properties = {
    pictures: { attribute: false },
    addressOf: { attribute: false },
    shown: { type: Number },
  };

  #dialog = createRef();

  constructor() {
    super();
    /** @type {Picture[]} */
    this.pictures = [];
    /** @type {(picture: Picture, width: 320 | 640 | 1280) => string} */
    this.addressOf = () => '';
    /** @type {number | null} */
    this.shown = null;
  }

  render() {
    const { pictures, shown } = this;
    const picture = shown === null ? null : pictures[shown];
    if (shown === null || !picture) return nothing;
    const label = t('picture.label', { n: shown + 1, total: pictures.length });
    return html`
      <dialog
        ${ref(this.#dialog)}
        class="dialog picture-dialog"
        aria-label=${label}
        @close=${this.#onClose}
        @click=${this.#onClick}
        @keydown=${this.#onKey}
      >
        <header class="picture-header">
          <p role="status">${label}</p>
          <button type="button" class="icon-button" aria-label=${t('action.close')} @click=${this.#leave}>
            <lo-icon name="close"></lo-icon>
          </button>
        </header>
        <div class="picture-stage">${this.#image(picture, label)}</div>
        ${pictures.length > 1
          ? html`<footer class="picture-footer">
              ${this.#step('previous', shown - 1)} ${this.#step('next', shown + 1)}
            </footer>`
          : nothing}
      </dialog>
    `;
  }

  /** @param {Picture} picture @param {string} label */
  #image(picture, label) {
    const { width, height } = drawnSize(picture, 1280);
    return html`<img
      src=${this.addressOf(picture, 1280)}
      srcset=${sourceSet(picture, [640, 1280], this.addressOf)}
      sizes="min(100vw, ${width}px)"
      width=${width}
      height=${height}
      alt=${label}
      decoding="async"
    />`;
  }

  /** @param {'previous' | 'next'} name @param {number} to */
  #step(name, to) {
    return html`<button
      type="button"
      class="button"
      aria-disabled=${String(!this.pictures[to])}
      @click=${() => this.#go(to)}
    >${t(`picture.${name}`)}</button>`;
  }

  updated() {
    const dialog = /** @type {HTMLDialogElement | undefined} */ (this.#dialog.value);
    if (dialog && !dialog.open) dialog.showModal();
  }

  /** @param {number} to */
  #go(to) {
    if (this.pictures[to]) this.emit('show', to);
  }

  #leave() {
    /** @type {HTMLDialogElement | undefined} */ (this.#dialog.value)?.close();
  }

  /** @param {Event} event */
  #onClose(event) {
    event.stopPropagation();
    this.emit('close');
  }

  /** @param {MouseEvent} event a click beside the picture leaves it */
  #onClick(event) {
    if (event.target === this.#dialog.value) this.#leave();
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.key === 'ArrowLeft') this.#go(Number(this.shown) - 1);
    else if (event.key === 'ArrowRight') this.#go(Number(this.shown) + 1);
  }
}

define('lo-picture-dialog', PictureDialog);
