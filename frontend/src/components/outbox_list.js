import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';
import { problemText } from '../utils/problem.js';
import './icon.js';

/** @typedef {import('../shapes.js').WaitingQuestion} WaitingQuestion */

/** Questions that wait for the connection. Emits `cancel-question` and `send-question` with an id. */
class OutboxList extends LightElement {
  static properties = { questions: { attribute: false } };

  constructor() {
    super();
    /** @type {WaitingQuestion[]} */
    this.questions = [];
  }

  render() {
    if (this.questions.length === 0) return nothing;
    return html`<ul class="outbox" aria-label=${t('outbox.label')}>
      ${repeat(this.questions, ({ id }) => id, (question) => this.#question(question))}
    </ul>`;
  }

  /** @param {WaitingQuestion} question */
  #question({ id, text, state, problem }) {
    return html`
      <li class="outbox-question" data-testid="outbox-question" data-state=${state}>
        <div>
          <p class="outbox-text">${text}</p>
          <p class="outbox-state ${problem ? 'outbox-state-bad' : ''}" role="status">
            <lo-icon name=${problem ? 'alert' : 'waiting'}></lo-icon>${problem ? problemText(problem) : t(`outbox.${state}`)}
          </p>
        </div>
        ${state === 'held'
          ? html`<button type="button" class="button button-small" @click=${() => this.emit('send-question', id)}>${t('outbox.again')}</button>`
          : nothing}
        ${state === 'sending'
          ? nothing
          : html`<button
              type="button"
              class="icon-button"
              aria-label=${t('outbox.cancel')}
              title=${t('outbox.cancel')}
              @click=${() => this.emit('cancel-question', id)}
            ><lo-icon name="close"></lo-icon></button>`}
      </li>
    `;
  }
}

define('lo-outbox-list', OutboxList);
