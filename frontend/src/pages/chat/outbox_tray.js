import { StoreController } from '@nanostores/lit';
import { html, nothing } from 'lit';

import '../../components/outbox_list.js';
import { $outbox, cancelQuestion, sendAgain } from '../../store/outbox.js';
import { define, LightElement } from '../../utils/light_element.js';

/** What was asked in this conversation without a connection. Emits `taken-back` with its text. */
class OutboxTray extends LightElement {
  static properties = { thread: {} };

  #outbox = new StoreController(this, $outbox);

  constructor() {
    super();
    /** @type {string | null} */
    this.thread = null;
  }

  render() {
    const questions = this.#outbox.value.filter(({ thread }) => thread === this.thread);
    if (questions.length === 0) return nothing;
    return html`<lo-outbox-list
      .questions=${questions}
      @cancel-question=${this.#onCancel}
      @send-question=${(/** @type {CustomEvent} */ { detail }) => sendAgain(detail)}
    ></lo-outbox-list>`;
  }

  /** @param {CustomEvent<string>} event */
  #onCancel({ detail }) {
    const question = cancelQuestion(detail);
    if (question) this.emit('taken-back', question.text);
  }
}

define('lo-outbox-tray', OutboxTray);
