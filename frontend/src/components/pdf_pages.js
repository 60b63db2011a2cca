import { html } from 'lit';

import { t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';
import './pdf_page.js';

/** @typedef {HTMLElement & {dataset: {page: string}}} PageElement */

/**
 * All pages of a PDF, one below the other. Those near the screen are drawn; of the others only the
 * room is kept. Emits `failed` when they cannot be drawn.
 */
class PdfPages extends LightElement {
  static properties = { address: {}, count: { type: Number }, page: { type: Number }, near: { state: true } };

  /** @type {IntersectionObserver | undefined} */
  #observer;

  constructor() {
    super();
    this.address = '';
    this.count = 0;
    /** The page to begin at. */
    this.page = 1;
    /** @type {ReadonlySet<number>} */
    this.near = new Set();
  }

  render() {
    const numbers = Array.from({ length: this.count }, (_, index) => index + 1);
    return html`<ol class="pdf-pages" aria-label=${t('document.view_pages')}>
      ${numbers.map((number) => html`
        <li data-page=${number} aria-label=${t('source.page_of', { page: number, pages: this.count })}>
          ${this.near.has(number)
            ? html`<lo-pdf-page .address=${this.address} .page=${number} .quotes=${NONE}></lo-pdf-page>`
            : html`<div class="pdf-room skeleton-page" aria-hidden="true"></div>`}
        </li>
      `)}
    </ol>`;
  }

  firstUpdated() {
    const items = /** @type {PageElement[]} */ ([...this.querySelectorAll('[data-page]')]);
    if (this.page > 1) items[this.page - 1]?.scrollIntoView({ block: 'start' });
    this.#observer = new IntersectionObserver((entries) => this.#onMoved(entries), { rootMargin: '75% 0px' });
    for (const item of items) this.#observer.observe(item);
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #onMoved(entries) {
    const near = new Set(this.near);
    for (const { target, isIntersecting, boundingClientRect } of entries) {
      const item = /** @type {PageElement} */ (target);
      const number = Number(item.dataset.page);
      if (isIntersecting) near.add(number);
      else if (near.delete(number)) item.style.minBlockSize = `${boundingClientRect.height}px`;
    }
    this.near = near;
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#observer?.disconnect();
  }
}

/** @type {string[]} */
const NONE = [];

define('lo-pdf-pages', PdfPages);
