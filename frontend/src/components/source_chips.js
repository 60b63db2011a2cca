import { html, nothing } from 'lit';

import { t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';

/** @typedef {import('../shapes.js').Citation} Citation */
/** @typedef {import('../shapes.js').Source} Source */

/**
 * Where an answer comes from, by name; where nothing was cited, what was found. What is not shared
 * with the reader any more is only said to be so. Emits `cite` ({n}), with no claim in particular.
 */
class SourceChips extends LightElement {
  static properties = {
    sources: { attribute: false },
    citations: { attribute: false },
    opened: { type: Number },
  };

  constructor() {
    super();
    /** @type {Source[]} */
    this.sources = [];
    /** @type {Citation[]} */
    this.citations = [];
    /** @type {number | null} */
    this.opened = null;
  }

  render() {
    const readable = this.sources.filter(({ withdrawn }) => !withdrawn);
    const cited = readable.filter(({ n }) => this.citations.some((citation) => citation.n === n));
    const gone = readable.length < this.sources.length;
    const shown = cited.length > 0 || gone ? cited : readable;
    const note = gone ? html`<p class="message-note" data-testid="withdrawn">${t('message.withdrawn')}</p>` : nothing;
    if (shown.length === 0) return note;
    const label = t(cited.length > 0 ? 'message.sources' : 'message.found');
    return html`
      ${cited.length > 0 ? nothing : html`<p class="message-note">${label}</p>`}
      <ul class="source-chips ${cited.length > 0 ? '' : 'source-chips-found'}" aria-label=${label}>
        ${shown.map((source) => html`<li>${this.#chip(source)}</li>`)}
      </ul>
      ${note}
    `;
  }

  /** @param {Source} source */
  #chip({ n, title, page, heading }) {
    const section = heading?.split(' › ').at(-1);
    return html`<button
      type="button"
      class="source-chip"
      data-testid="source-chip"
      aria-expanded=${n === this.opened}
      @click=${() => this.emit('cite', { n, mark: null, claim: null })}
    >
      <span class="source-chip-number">${n}</span><span class="source-chip-title">${title}</span>
      ${page ? html`<span class="source-chip-page">${t('source.page', { page })}</span>` : nothing}
      ${section && section !== title ? html`<span class="source-chip-heading">${page ? '· ' : ''}${section}</span>` : nothing}
    </button>`;
  }
}

define('lo-source-chips', SourceChips);
