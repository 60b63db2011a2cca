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

/** @typedef {{messageId: string, n: number} | null} Opened */

/** @param {Opened} now @param {Opened | undefined} before */
function isOther(now, before) {
  return now?.messageId !== before?.messageId || now?.n !== before?.n;
}

/** @param {Element} element @param {Element} scroller */
function isWithin(element, scroller) {
  const inner = element.getBoundingClientRect();
  const outer = scroller.getBoundingClientRect();
  return inner.top >= outer.top && inner.bottom <= outer.bottom;
}

/** A conversation's messages, the newest in view. Events of the messages bubble through. */
class MessageList extends LightElement {
  static properties = {
    messages: { attribute: false },
    thread: {},
    busy: { type: Boolean },
    opened: { attribute: false, hasChanged: isOther },
    drawn: { state: true },
    away: { state: true },
  };

  #scroller = createRef();
  #column = createRef();
  /** Messages draw themselves later than the list: their Markdown may still be on its way. */
  #growth = new ResizeObserver(() => this.#settle());
  #follow = true;
  #top = 0;

  constructor() {
    super();
    /** @type {Message[]} */
    this.messages = [];
    /** Changes when another conversation is shown. @type {string | null} */
    this.thread = null;
    this.busy = false;
    /** @type {Opened} */
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

  /** @param {Map<string, unknown>} changed */
  updated(changed) {
    this.#settle(changed.has('opened'));
  }

  /** @param {boolean} [justOpened] */
  #settle(justOpened = false) {
    const following = this.#follow;
    if (following) this.toEnd();
    if (this.opened && !this.busy && (following || justOpened)) void this.#keepInView();
  }

  /** The number that was opened stays in sight, though the column has become narrower. */
  async #keepInView() {
    await new Promise(requestAnimationFrame);
    const scroller = this.#scroller.value;
    const message = this.querySelector(`[data-message-id="${CSS.escape(this.opened?.messageId ?? '')}"]`);
    const numbers = [...(message?.querySelectorAll('[aria-expanded=true]') ?? [])];
    if (!scroller || numbers.some((number) => isWithin(number, scroller))) return;
    numbers[0]?.scrollIntoView({ block: 'nearest' });
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
    const away = scrollHeight - clientHeight - scrollTop >= NEAR;
    // Growing messages move the end away too; only a person moves up.
    if (!away) this.#follow = true;
    else if (scrollTop < this.#top) this.#follow = false;
    this.#top = scrollTop;
    this.away = away && !this.#follow;
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
