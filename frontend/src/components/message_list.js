import { html, nothing } from 'lit';
import { createRef, ref } from 'lit/directives/ref.js';
import { repeat } from 'lit/directives/repeat.js';

import { t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';
import './icon.js';
import './message.js';

/** @typedef {import('../shapes.js').Message} Message */

/** As many messages are drawn at first, and added whenever the top is reached. */
const DRAWN = 24;
const NEAR = 80;

/** A conversation's messages, the newest in view. Events of the messages bubble through. */
class MessageList extends LightElement {
  static properties = {
    messages: { attribute: false },
    thread: {},
    busy: { type: Boolean },
    opened: { attribute: false },
    drawn: { state: true },
    away: { state: true },
  };

  #scroller = createRef();
  #column = createRef();
  /** Messages draw themselves later than the list: their Markdown may still be on its way. */
  #growth = new ResizeObserver(() => this.#follow && this.toEnd());
  #follow = true;

  constructor() {
    super();
    /** @type {Message[]} */
    this.messages = [];
    /** Changes when another conversation is shown. @type {string | null} */
    this.thread = null;
    this.busy = false;
    /** @type {{messageId: string, n: number} | null} */
    this.opened = null;
    this.drawn = DRAWN;
    this.away = false;
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    if (changed.has('thread') && changed.get('thread') !== null) {
      this.drawn = DRAWN;
      this.#follow = true;
    }
    // Whoever asks wants to see the answer, wherever they had been reading.
    if (changed.has('messages') && this.messages.at(-1)?.status === 'sending') this.#follow = true;
  }

  render() {
    const shown = this.messages.slice(-this.drawn);
    const hidden = this.messages.length - shown.length;
    return html`
      <div class="messages" ${ref(this.#scroller)} @scroll=${this.#onScroll}>
        <div class="messages-column" ${ref(this.#column)}>
          ${hidden > 0
            ? html`<button type="button" class="button button-quiet" @click=${this.#drawEarlier}>
                ${t('message.earlier', { count: hidden })}
              </button>`
            : nothing}
          ${repeat(shown, (_, index) => hidden + index, (message, index) => this.#message(message, shown.length - index))}
        </div>
      </div>
      ${this.away
        ? html`<button type="button" class="jump-button" @click=${() => this.toEnd()}>
            <lo-icon name="arrow-down"></lo-icon>${t('message.latest')}
          </button>`
        : nothing}
    `;
  }

  /** @param {Message} message @param {number} fromEnd 1 is the last */
  #message(message, fromEnd) {
    return html`<lo-message
      .message=${message}
      ?last=${fromEnd <= 2}
      ?busy=${this.busy}
      .opened=${this.opened?.messageId === message.id ? this.opened.n : null}
      data-message-id=${message.id}
    ></lo-message>`;
  }

  firstUpdated() {
    this.#growth.observe(/** @type {Element} */ (this.#column.value));
  }

  updated() {
    if (this.#follow) this.toEnd();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#growth.disconnect();
  }

  toEnd() {
    const scroller = this.#scroller.value;
    if (!scroller) return;
    this.#follow = true;
    scroller.scrollTop = scroller.scrollHeight;
  }

  #onScroll() {
    const { scrollTop, scrollHeight, clientHeight } = /** @type {HTMLElement} */ (this.#scroller.value);
    this.#follow = scrollHeight - clientHeight - scrollTop < NEAR;
    this.away = !this.#follow;
    if (scrollTop < NEAR && this.messages.length > this.drawn) void this.#drawEarlier();
  }

  async #drawEarlier() {
    const scroller = /** @type {HTMLElement} */ (this.#scroller.value);
    const fromEnd = scroller.scrollHeight - scroller.scrollTop;
    this.#follow = false;
    this.drawn += DRAWN;
    await this.updateComplete;
    await Promise.all([...this.querySelectorAll('lo-message')].map((item) => /** @type {LightElement} */ (item).updateComplete));
    scroller.scrollTop = scroller.scrollHeight - fromEnd;
  }
}

define('lo-message-list', MessageList);
