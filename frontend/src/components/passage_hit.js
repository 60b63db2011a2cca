import { html, nothing } from 'lit';

import { excerpt } from '../utils/excerpt.js';
import { formatRank } from '../utils/format.js';
import { t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';
import './icon.js';

/** @typedef {import('../shapes.js').Hit} Hit */

/**
 * A passage that a search found, and why. Emits `open-hit` and `ask-about`, each with the hit's
 * number.
 */
class PassageHit extends LightElement {
  static properties = {
    hit: { attribute: false },
    n: { type: Number },
    opened: { type: Boolean },
    both: { type: Boolean },
  };

  constructor() {
    super();
    this.hit = /** @type {Hit} */ (/** @type {unknown} */ (null));
    this.n = 1;
    this.opened = false;
    /** Whether it was searched both ways, so that a missing rank says something. */
    this.both = false;
  }

  render() {
    const { title, text, marks, document_id: documentId } = this.hit;
    const { cut, pieces } = excerpt(text, marks);
    return html`
      <article class="hit ${this.opened ? 'hit-opened' : ''}" data-testid="hit" @click=${this.#onClick}>
        <span class="hit-number" aria-hidden="true">${this.n}</span>
        <div class="hit-main">
          <h2 class="hit-title">
            <button type="button" class="hit-open" aria-expanded=${this.opened} @click=${this.#open}>${title}</button>
          </h2>
          ${this.#place()}
          <p class="hit-text">${cut ? '… ' : nothing}${pieces.map((piece) =>
            // Empty lines would take the place of words.
            piece.marked ? html`<mark>${piece.text}</mark>` : piece.text.replace(/\n\s*\n/g, '\n'),
          )}</p>
          <footer class="hit-foot">
            <p class="hit-why" data-testid="why">${this.#why()}</p>
            <div class="hit-actions">
              <button type="button" class="button button-quiet button-small" @click=${() => this.emit('ask-about', this.n)}>
                <lo-icon name="chat"></lo-icon>${t('search.ask')}
              </button>
              <a class="button button-quiet button-small" href="/documents/${encodeURIComponent(documentId)}">
                <lo-icon name="file"></lo-icon>${t('search.document')}
              </a>
            </div>
          </footer>
        </div>
      </article>
    `;
  }

  #place() {
    const { page, heading, title } = this.hit;
    const words = [page ? t('source.page', { page }) : null, heading === title ? null : heading].filter(Boolean);
    return words.length > 0 ? html`<p class="hit-place">${words.join(' · ')}</p>` : nothing;
  }

  /** Say in words which search found it, and how high. */
  #why() {
    const { bm25, vector } = this.hit.ranks;
    if (bm25 && vector) return t('search.why_both', { words: formatRank(bm25), meaning: formatRank(vector) });
    if (bm25) return t(this.both ? 'search.why_words_alone' : 'search.why_words', { words: formatRank(bm25) });
    return t(this.both ? 'search.why_meaning_alone' : 'search.why_meaning', { meaning: formatRank(Number(vector)) });
  }

  #open() {
    this.emit('open-hit', this.n);
  }

  /** @param {Event} event a click anywhere on it opens it, but not one that ends selecting its words */
  #onClick(event) {
    if (/** @type {Element} */ (event.target).closest('a, button')) return;
    if (!getSelection()?.isCollapsed) return;
    /** @type {HTMLElement} */ (this.querySelector('.hit-open')).focus();
    this.#open();
  }
}

define('lo-passage-hit', PassageHit);
