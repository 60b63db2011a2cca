import { html, nothing } from 'lit';

import { t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';
import './icon.js';

/** @typedef {import('../evaluation_shapes.js').Offer} Offer */

/** A question that was asked. Emits `accept` with the passages that are right, and `dismiss`. */
class OfferRow extends LightElement {
  static properties = { offer: { attribute: false }, changed: { state: true } };

  constructor() {
    super();
    this.offer = /** @type {Offer} */ (/** @type {unknown} */ (null));
    /** Passages that were checked or unchecked. @type {number[]} */
    this.changed = [];
  }

  get #right() {
    return this.offer.passages.map(({ passage_id: id }) => id).filter((id) => this.#isRight(id));
  }

  /** What an answer cites is right, unless it was disliked. @param {number} id */
  #isRight(id) {
    return this.changed.includes(id) === (this.offer.source === 'thumb_down');
  }

  render() {
    const { text, source, comment, own, passages } = this.offer;
    return html`
      <div class="offer" data-testid="offer">
        <p class="question-text">${text}</p>
        <p class="question-source">
          <span class="badge">${t(`evaluate.source.${source}`)}</span>
          ${own ? nothing : html`<span class="badge">${t('evaluate.of_another')}</span>`}
        </p>
        ${comment ? html`<blockquote class="offer-comment" data-testid="offer-comment">${comment}</blockquote>` : nothing}
        <fieldset class="picks">
          <legend class="sr-only">${t('evaluate.right_passages')}</legend>
          ${passages.map((passage) => html`<label class="pick">
            <input
              type="checkbox"
              .checked=${this.#isRight(passage.passage_id)}
              @change=${() => this.#toggle(passage.passage_id)}
            />
            <span class="pick-words"><b>${passage.title}</b><span>${passage.text}</span></span>
          </label>`)}
        </fieldset>
        <div class="evaluate-actions">
          <button
            type="button"
            class="button button-primary button-small"
            ?disabled=${this.#right.length === 0}
            @click=${() => this.emit('accept', this.#right)}
          ><lo-icon name="check"></lo-icon>${t('evaluate.accept')}</button>
          <button type="button" class="button button-small" @click=${() => this.emit('dismiss')}>${t('evaluate.dismiss')}</button>
        </div>
      </div>
    `;
  }

  /** @param {number} id */
  #toggle(id) {
    this.changed = this.changed.includes(id) ? this.changed.filter((other) => other !== id) : [...this.changed, id];
  }
}

define('lo-offer-row', OfferRow);
