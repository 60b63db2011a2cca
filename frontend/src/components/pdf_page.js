import './pdf_page.css';

import { html } from 'lit';
import { createRef, ref } from 'lit/directives/ref.js';

import { t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';
import { drawPage, loadPdf } from '../utils/pdf.js';

/**
 * A page of a PDF with quotes marked: the one given, or one soon after it where they stand. The
 * first quote may stand out.
 * Emits `shown` with its number, and `failed` when it cannot be drawn.
 */
class PdfPage extends LightElement {
  static properties = {
    address: {},
    page: { type: Number },
    quotes: { attribute: false, hasChanged: (/** @type {string[]} */ now, /** @type {string[]} */ before) => now.join('\n') !== before?.join('\n') },
    firstStandsOut: { type: Boolean },
    drawn: { state: true },
  };

  #canvas = createRef();
  #marks = createRef();
  #drawing = new AbortController();

  constructor() {
    super();
    this.address = '';
    this.page = 1;
    /** @type {string[]} */
    this.quotes = [];
    this.firstStandsOut = false;
    this.drawn = false;
  }

  render() {
    return html`
      <div class="pdf-page ${this.drawn ? '' : 'skeleton-page'}">
        <canvas ${ref(this.#canvas)} role="img" aria-label=${t('source.view_page')}></canvas>
        <div class="pdf-marks" ${ref(this.#marks)} aria-hidden="true"></div>
      </div>
    `;
  }

  /** @param {Map<string, unknown>} changed */
  updated(changed) {
    if (changed.has('address') || changed.has('page') || changed.has('quotes')) void this.#draw();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#drawing.abort();
  }

  async #draw() {
    this.#drawing.abort();
    this.#drawing = new AbortController();
    const { signal } = this.#drawing;
    this.drawn = false;
    try {
      const pdf = await loadPdf(this.address);
      if (signal.aborted) return;
      const canvas = /** @type {HTMLCanvasElement} */ (this.#canvas.value);
      const { page, boxes } = await drawPage(pdf, { page: this.page, canvas, quotes: this.quotes, signal });
      if (signal.aborted) return;
      this.#mark(boxes);
      this.drawn = true;
      this.emit('shown', page);
    } catch {
      if (!signal.aborted) this.emit('failed');
    }
  }

  /** @param {import('../utils/pdf.js').Box[]} boxes */
  #mark(boxes) {
    const marks = boxes.map(({ quote, ...box }) => {
      const mark = document.createElement('i');
      if (this.firstStandsOut && quote > 0) mark.className = 'mark-quiet';
      for (const [name, part] of Object.entries(box)) mark.style.setProperty(name, `${part * 100}%`);
      return mark;
    });
    this.#marks.value?.replaceChildren(...marks);
    marks[0]?.scrollIntoView({ block: 'center' });
  }
}

define('lo-pdf-page', PdfPage);
