import { html, nothing } from 'lit';
import { createRef, ref } from 'lit/directives/ref.js';
import { repeat } from 'lit/directives/repeat.js';

import { t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';
import { ScrollAnchor } from '../utils/scroll_anchor.js';
import './icon.js';
import './message.js';
import { MessageWindow } from './message_window.js';

/** @typedef {import('../shapes.js').Message} Message */
/** @typedef {import('./message_window.js').MessageElement} MessageElement */

/** A conversation up to this long is drawn as a whole. */
const SHORT = 40;
/** So many are drawn at once when a longer one opens; those around them follow. */
const FIRST = 6;
const NEAR = 80;
/** How many screens before its beginning a conversation is read on. */
const AHEAD = 2;

/** @typedef {{messageId: string, n: number, mark: number | null} | null} Opened */

/** @param {Opened} now @param {Opened | undefined} before */
function isOther(now, before) {
  return now?.messageId !== before?.messageId || now?.n !== before?.n || now?.mark !== before?.mark;
}

/** @param {Element} element @param {Element} scroller */
function isWithin(element, scroller) {
  const inner = element.getBoundingClientRect();
  const outer = scroller.getBoundingClientRect();
  return inner.top >= outer.top && inner.bottom <= outer.bottom;
}

/**
 * A conversation's messages, the newest in view. Events of the messages bubble through; `earlier`
 * ({all}) asks for what was said before.
 */
class MessageList extends LightElement {
  static properties = {
    messages: { attribute: false },
    thread: {},
    busy: { type: Boolean },
    hasEarlier: { type: Boolean },
    reading: {},
    opened: { attribute: false, hasChanged: isOther },
    away: { state: true },
  };

  #scroller = createRef();
  #column = createRef();
  /** Messages draw themselves later than the list: their Markdown may still be on its way. */
  #growth = new ResizeObserver(() => this.#settle());
  #anchor = new ScrollAnchor();
  /** @type {MessageWindow | null} */
  #window = null;
  #follow = true;
  /** Whether the beginning was asked for, which has not been read yet. */
  #toBeginning = false;
  #top = 0;

  constructor() {
    super();
    /** @type {Message[]} */
    this.messages = [];
    /** Changes when another conversation is shown. @type {string | null} */
    this.thread = null;
    this.busy = false;
    this.hasEarlier = false;
    /** @type {'idle' | 'loading' | 'failed'} */
    this.reading = 'idle';
    /** @type {Opened} */
    this.opened = null;
    this.away = false;
  }

  /** @param {Map<string, any>} changed */
  willUpdate(changed) {
    if (changed.has('thread') && changed.get('thread') !== null) {
      this.#follow = true;
      this.#toBeginning = false;
    }
    // Whoever asks wants to see the answer, wherever they had been reading.
    if (changed.has('messages') && this.messages.at(-1)?.status === 'sending') this.#follow = true;
    const { scroller, column } = this.#parts;
    if (changed.has('messages') && scroller && column) this.#anchor.remember(scroller, column);
  }

  get #parts() {
    return { scroller: this.#scroller.value, column: this.#column.value };
  }

  render() {
    return html`
      <div
        class="messages ${this.busy ? 'messages-busy' : ''}"
        tabindex="0"
        role="region"
        aria-label=${t('message.list')}
        ${ref(this.#scroller)}
        @scroll=${this.#onScroll}
        @keydown=${this.#onKey}
      >
        ${this.hasEarlier ? this.#beginning() : nothing}
        <div class="messages-column" ${ref(this.#column)}>
          ${repeat(this.messages, (message) => message.key ?? message.id, (message, index) => this.#message(message, index))}
        </div>
      </div>
      ${this.away
        ? html`<button type="button" class="jump-button" @click=${() => this.toEnd()}>
            <lo-icon name="arrow-down"></lo-icon>${t('message.latest')}
          </button>`
        : nothing}
    `;
  }

  #beginning() {
    if (this.reading !== 'failed') {
      return html`<div class="messages-earlier skeleton-lines" aria-hidden="true"><i></i><i></i></div>`;
    }
    return html`<div class="messages-earlier" role="alert">
      <p class="message-note">${t('message.earlier_failed')}</p>
      <button type="button" class="button" @click=${() => this.emit('earlier', {})}>${t('action.retry')}</button>
    </div>`;
  }

  /** @param {Message} message @param {number} index */
  #message(message, index) {
    const last = index >= this.messages.length - 2;
    const other = this.messages[index + (message.role === 'user' ? 1 : -1)];
    const opened = this.opened?.messageId === message.id ? this.opened : null;
    return html`<lo-message
      .message=${message}
      ?last=${last}
      ?busy=${last && this.busy}
      ?earlier=${!last && other !== undefined && other.role !== message.role}
      .opened=${opened?.n ?? null}
      .openedMark=${opened?.mark ?? null}
      data-message-id=${message.id}
    ></lo-message>`;
  }

  firstUpdated() {
    const { scroller, column } = this.#parts;
    this.#growth.observe(/** @type {Element} */ (column));
    this.#window = new MessageWindow(/** @type {Element} */ (scroller));
  }

  /** @param {Map<string, unknown>} changed */
  updated(changed) {
    const { scroller } = this.#parts;
    if (changed.has('messages')) this.#draw();
    if (this.#toBeginning && scroller) scroller.scrollTop = 0;
    else if (changed.has('messages') && !this.#follow && scroller) this.#anchor.restore(scroller);
    if (!this.hasEarlier) this.#toBeginning = false;
    this.#settle(changed.has('opened'));
    this.#readOn();
  }

  /** Draw a short conversation as a whole, of a longer one the end; the rest as it comes near. */
  #draw() {
    const elements = /** @type {MessageElement[]} */ ([...(this.#column.value?.children ?? [])]);
    const isShort = elements.length <= SHORT && !this.hasEarlier;
    for (const element of isShort ? elements : elements.slice(-FIRST)) element.near = true;
    if (!isShort) this.#window?.watch(elements);
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
    this.#window?.disconnect();
  }

  toEnd() {
    const scroller = this.#scroller.value;
    if (!scroller) return;
    this.#follow = true;
    this.#toBeginning = false;
    scroller.scrollTop = scroller.scrollHeight;
  }

  #onScroll() {
    const scroller = this.#scroller.value;
    if (!scroller) return; // told in the next frame, when another page may be there
    const { scrollTop, scrollHeight, clientHeight } = scroller;
    const away = scrollHeight - clientHeight - scrollTop >= NEAR;
    // Growing messages move the end away too; only a person moves up.
    if (!away) this.#follow = true;
    else if (scrollTop < this.#top) this.#follow = false;
    if (scrollTop > this.#top) this.#toBeginning = false;
    this.#top = scrollTop;
    this.away = away && !this.#follow;
    this.#readOn();
  }

  /** Whoever comes near the beginning of what has been read goes on reading without a stop. */
  #readOn() {
    const scroller = this.#scroller.value;
    if (!scroller || !this.hasEarlier || this.reading !== 'idle') return;
    const ahead = AHEAD * scroller.clientHeight;
    if (this.#follow ? scroller.scrollHeight < ahead : scroller.scrollTop < ahead) this.emit('earlier', {});
  }

  /** @param {KeyboardEvent} event Home goes to the very beginning, also where that is not read yet */
  #onKey(event) {
    if (event.target !== this.#scroller.value || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'End') this.toEnd();
    if (event.key !== 'Home' || !this.hasEarlier) return;
    event.preventDefault();
    this.#follow = false;
    this.#toBeginning = true;
    /** @type {HTMLElement} */ (this.#scroller.value).scrollTop = 0;
    this.emit('earlier', { all: true });
  }
}

define('lo-message-list', MessageList);
