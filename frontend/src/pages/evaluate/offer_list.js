import { StoreController } from '@nanostores/lit';
import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import '../../components/icon.js';
import '../../components/offer_row.js';
import { problemNote } from '../../components/problem_note.js';
import { notifyProblem } from '../../store/notices.js';
import { $offers, acceptOffer, dismissOffer, moreOffers, reloadOffers } from '../../store/test_questions.js';
import { t } from '../../utils/i18n.js';
import { keepFocus } from '../../utils/keep_focus.js';
import { define, LightElement } from '../../utils/light_element.js';

/** @typedef {import('../../evaluation_shapes.js').Offer} Offer */

/** Questions that were asked, and may become test questions. */
class OfferList extends LightElement {
  static properties = { collection: {}, shared: { type: Boolean } };

  #list = new StoreController(this, $offers);

  constructor() {
    super();
    this.collection = '';
    this.shared = false;
  }

  render() {
    const { items, next, state, problem } = this.#list.value;
    return html`
      <section class="evaluate-card" aria-labelledby="offers-heading">
        <h2 id="offers-heading" tabindex="-1">${t('evaluate.view.offers')}</h2>
        <p class="evaluate-lead">${t('evaluate.offers_lead')} ${t(this.shared ? 'evaluate.offers_shared' : 'evaluate.offers_own')}</p>
        ${state === 'failed' && problem ? problemNote(problem, () => void reloadOffers()) : nothing}
        ${state === 'loading' && items.length === 0
          ? html`<div class="skeleton-rows" aria-hidden="true"><i></i><i></i></div>`
          : nothing}
        ${state === 'idle' && items.length === 0 && !next ? html`<p class="run-note">${t('evaluate.offers_none')}</p>` : nothing}
        <ul class="questions">
          ${repeat(items, ({ message_id: id }) => id, (offer) => html`<li>
            <lo-offer-row
              .offer=${offer}
              @accept=${(/** @type {CustomEvent<number[]>} */ { detail }) => void this.#act(acceptOffer(this.collection, offer, detail))}
              @dismiss=${() => void this.#act(dismissOffer(offer))}
            ></lo-offer-row>
          </li>`)}
        </ul>
        ${next
          ? html`<button type="button" class="button button-wide" @click=${() => void moreOffers()}>${t('evaluate.more')}</button>`
          : nothing}
      </section>
    `;
  }

  /** @param {Promise<void>} acting */
  async #act(acting) {
    try {
      await acting;
      await this.updateComplete;
      keepFocus(this, '.offer button, h2');
    } catch (error) {
      notifyProblem(error);
    }
  }
}

define('lo-offer-list', OfferList);
