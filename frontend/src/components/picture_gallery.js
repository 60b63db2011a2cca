import { html, nothing } from 'lit';

import { t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';
import { sourceSet } from '../utils/picture_sizes.js';
import './picture_dialog.js';

/** @typedef {import('../shapes.js').Picture} Picture */

/** As many are shown before all are asked for. */
const SHOWN = 8;

/** A document's pictures, small; each opens large. Whatever is out of sight is not fetched. */
class PictureGallery extends LightElement {
  static properties = {
    pictures: { attribute: false },
    addressOf: { attribute: false },
    all: { state: true },
    open: { state: true },
  };

  constructor() {
    super();
    /** @type {Picture[]} */
    this.pictures = [];
    /** @type {(picture: Picture, width: 320 | 640 | 1280) => string} */
    this.addressOf = () => '';
    this.all = false;
    /** The one that is shown large. @type {number | null} */
    this.open = null;
  }

  render() {
    const { pictures, open } = this;
    if (pictures.length === 0) return nothing;
    const shown = this.all ? pictures : pictures.slice(0, SHOWN);
    return html`
      <section class="gallery" aria-labelledby="gallery-heading">
        <h3 id="gallery-heading">${t('picture.heading')} <span>${pictures.length}</span></h3>
        <ul class="gallery-grid">
          ${shown.map((picture, index) => html`<li>${this.#tile(picture, index)}</li>`)}
        </ul>
        ${shown.length < pictures.length
          ? html`<button type="button" class="button button-quiet" @click=${() => (this.all = true)}>
              ${t('picture.all', { total: pictures.length })}
            </button>`
          : nothing}
        <lo-picture-dialog
          .pictures=${pictures}
          .addressOf=${this.addressOf}
          .shown=${open}
          @show=${(/** @type {CustomEvent<number>} */ { detail }) => (this.open = detail)}
          @close=${() => (this.open = null)}
        ></lo-picture-dialog>
      </section>
    `;
  }

  /** @param {Picture} picture @param {number} index */
  #tile(picture, index) {
    const { width, height } = picture;
    return html`<button
      type="button"
      class="gallery-tile"
      aria-haspopup="dialog"
      aria-label=${t('picture.label', { n: index + 1, total: this.pictures.length })}
      @click=${() => (this.open = index)}
    ><img
      src=${this.addressOf(picture, 320)}
      srcset=${sourceSet(picture, [320, 640], this.addressOf)}
      sizes="12rem"
      width=${width}
      height=${height}
      alt=""
      loading="lazy"
      decoding="async"
    /></button>`;
  }
}

define('lo-picture-gallery', PictureGallery);
