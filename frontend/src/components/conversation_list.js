import { html, nothing } from 'lit';
import { guard } from 'lit/directives/guard.js';
import { createRef, ref } from 'lit/directives/ref.js';
import { repeat } from 'lit/directives/repeat.js';

import { groupByDay } from '../utils/format.js';
import { language, t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';
import { layOut, placeAfter, rowsBetween } from '../utils/row_window.js';
import { conversationRow, listEnd, renameForm } from './conversation_row.js';

/** @typedef {import('../shapes.js').Conversation} Conversation */
/** @typedef {import('../utils/row_window.js').Row<Conversation>} Row */

/** Pixels beyond the screen that are drawn too. */
const MARGIN = 600;
/** Until the first rows have been drawn and measured. */
const HEIGHTS = { heading: 36, item: 36 };

/**
 * Conversations, the pinned ones first, the others by day; of thousands only those near the screen
 * are in the page. Emits `rename` ({id, title}), `pin` ({id, pinned}), `delete-conversation` (id)
 * and `more` when its end comes near.
 */
class ConversationList extends LightElement {
  static properties = {
    conversations: { attribute: false },
    current: {},
    state: {},
    query: {},
    hasMore: { type: Boolean },
    exportAddress: { attribute: false },
    renaming: { state: true },
    range: { state: true, hasChanged: (/** @type {number[]} */ now, /** @type {number[]} */ before) => String(now) !== String(before) },
  };

  /** @type {{rows: Row[], height: number}} */
  #layout = { rows: [], height: 0 };
  #laidOut = '';
  #heights = HEIGHTS;
  /** The row with the focus stays in the page, wherever one scrolls. @type {string | null} */
  #focused = null;
  /** The place of a row that is being deleted: the focus goes to the one that takes it. */
  #vacated = -1;
  #box = createRef();
  #resize = new ResizeObserver(() => this.#look());

  constructor() {
    super();
    /** @type {Conversation[]} */
    this.conversations = [];
    /** @type {string | null} */
    this.current = null;
    /** @type {'idle' | 'loading' | 'failed'} */
    this.state = 'idle';
    this.query = '';
    this.hasMore = false;
    /** @type {(id: string, format: 'md' | 'json') => string} */
    this.exportAddress = () => '';
    /** @type {string | null} */
    this.renaming = null;
    /** The rows that are drawn. @type {[number, number]} */
    this.range = [0, 40];
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    const key = `${language()} ${new Date().toDateString()}`;
    if (changed.has('conversations') || this.#laidOut !== key) this.#layOut();
    this.#laidOut = key;
    if (changed.has('query') && this.#box.value) this.#box.value.scrollTop = 0;
  }

  /** @param {Map<string, unknown>} changed */
  update(changed) {
    const held = /** @type {HTMLElement | null} */ (this.contains(document.activeElement) ? document.activeElement : null);
    super.update(changed);
    // A row that stands first among those drawn and then last is moved: it leaves the page for a moment, and the focus it.
    if (held?.isConnected && document.activeElement !== held) held.focus({ preventScroll: true });
  }

  #layOut() {
    const pinned = this.conversations.filter((item) => item.pinned);
    const others = this.conversations.filter((item) => !item.pinned);
    const groups = groupByDay(others, (item) => item.updated_at);
    if (pinned.length > 0) groups.unshift({ label: t('conversation.pinned'), items: pinned });
    this.#layout = layOut(groups, this.#heights);
  }

  render() {
    if (this.conversations.length === 0) return this.#empty();
    const rows = this.#drawnRows();
    const groups = [...new Set(rows.map(({ group }) => group))];
    const room = this.#layout.height + (this.hasMore ? 4 * this.#heights.item : 0);
    return html`
      <div class="conversation-box" ${ref(this.#box)} @scroll=${this.#look} @keydown=${this.#onKey} @focusin=${this.#onFocus}>
        <div class="conversation-rows" .style=${`height: ${room}px`}>
          ${repeat(groups, ({ label }) => label, (group) => this.#group(group.label, rows.filter((row) => row.group === group)))}
          ${this.hasMore ? listEnd(this.#layout.height, this.state === 'failed', () => this.emit('more')) : nothing}
        </div>
      </div>
    `;
  }

  get #items() {
    return this.#layout.rows.filter(({ item }) => item !== null);
  }

  /** @returns {Row[]} */
  #drawnRows() {
    const [from, to] = this.range;
    const { rows } = this.#layout;
    const focused = rows.findIndex(({ key }) => key === this.#focused);
    const drawn = rows.slice(from, to);
    if (focused >= 0 && focused < from) drawn.unshift(rows[focused]);
    else if (focused >= to) drawn.push(rows[focused]);
    return drawn;
  }

  /** @param {string} label @param {Row[]} rows */
  #group(label, rows) {
    const heading = rows.find(({ item }) => item === null);
    const items = rows.filter(({ item }) => item !== null);
    return html`
      <section class="conversation-group" aria-label=${label}>
        ${heading ? html`<h3 .style=${`top: ${heading.top}px`}>${label}</h3>` : nothing}
        <ul>${repeat(items, ({ key }) => key, (row) => this.#row(row))}</ul>
      </section>
    `;
  }

  /** @param {Row} row */
  #row({ item, group, place, top }) {
    const conversation = /** @type {Conversation} */ (item);
    const { id } = conversation;
    /** @param {string | null} title */
    const renamed = (title) => {
      if (this.renaming !== id) return;
      const byKey = this.querySelector('.rename-form')?.contains(document.activeElement);
      this.renaming = null;
      if (byKey) void this.#focusLink(id);
      if (title) this.emit('rename', { id, title });
    };
    return html`
      <li
        class="conversation"
        data-testid="conversation"
        data-id=${id}
        aria-setsize=${this.hasMore ? -1 : group.items.length}
        aria-posinset=${place + 1}
        .style=${`top: ${top}px`}
      >
        ${this.renaming === id
          ? renameForm(conversation, renamed)
          : guard([conversation, id === this.current, language()], () => conversationRow(conversation, {
              current: id === this.current,
              exportAddress: this.exportAddress,
              rename: () => void this.#rename(id),
              emit: (name, detail) => {
                if (name === 'delete-conversation') this.#vacated = this.#items.findIndex(({ key }) => key === id);
                this.emit(name, detail);
              },
            }))}
      </li>
    `;
  }

  #empty() {
    if (this.state === 'loading') {
      return html`<div class="skeleton-lines" aria-hidden="true"><i></i><i></i><i></i></div>`;
    }
    const key = this.state === 'failed' ? 'failed' : this.query ? 'nothing_found' : 'none';
    return html`<p class="sidebar-note">${t(`conversation.${key}`)}</p>`;
  }

  firstUpdated() {
    this.#resize.observe(this);
  }

  /** @param {Map<string, unknown>} changed */
  updated(changed) {
    if (changed.has('conversations')) {
      const row = this.#items[Math.min(this.#vacated, this.#items.length - 1)];
      if (row) void this.#focus(row);
      this.#vacated = -1;
    }
    const heading = this.querySelector('h3')?.getBoundingClientRect().height ?? this.#heights.heading;
    const item = this.querySelector('li')?.getBoundingClientRect().height ?? this.#heights.item;
    // Nothing is as high as it will be while the list is hidden.
    if (heading > 0 && item > 0 && (heading !== this.#heights.heading || item !== this.#heights.item)) {
      this.#heights = { heading, item };
      this.#laidOut = '';
      this.requestUpdate();
    }
    this.#look();
  }

  /** Draw what is near the screen, and ask for more before its end is reached. */
  #look() {
    const box = this.#box.value;
    if (!box) return;
    const { scrollTop, clientHeight } = box;
    this.range = rowsBetween(this.#layout.rows, scrollTop - MARGIN, scrollTop + clientHeight + MARGIN);
    const end = this.#layout.height - scrollTop - clientHeight;
    if (this.hasMore && this.state === 'idle' && end < 2 * clientHeight + MARGIN) this.emit('more');
  }

  /** @param {string} id */
  async #rename(id) {
    this.renaming = id;
    await this.updateComplete;
    const input = /** @type {HTMLInputElement} */ (this.querySelector('input[name=title]'));
    input.focus();
    input.select();
  }

  /** @param {FocusEvent} event */
  #onFocus({ target }) {
    this.#focused = /** @type {HTMLElement} */ (target).closest('li')?.dataset.id ?? null;
  }

  /** @param {KeyboardEvent} event the arrows go from one conversation to the next */
  #onKey(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    if (target.closest('input, [popover]') || event.ctrlKey || event.metaKey || event.altKey) return;
    const rows = this.#items;
    const at = rows.findIndex(({ key }) => key === this.#focused);
    const page = Math.max(1, Math.floor((this.#box.value?.clientHeight ?? 0) / this.#heights.item) - 1);
    const to = placeAfter(event.key, { at, page, last: rows.length - 1 });
    if (to === null || at < 0) return;
    event.preventDefault();
    void this.#focus(rows[to]);
  }

  /** @param {Row} row */
  async #focus({ key, top }) {
    const box = /** @type {HTMLElement} */ (this.#box.value);
    const { heading, item } = this.#heights;
    // A group's heading comes into view with its first conversation.
    if (top - heading < box.scrollTop) box.scrollTop = top - heading;
    else if (top + item > box.scrollTop + box.clientHeight) box.scrollTop = top + item - box.clientHeight;
    this.#look();
    await this.#focusLink(key);
  }

  /** @param {string} id */
  async #focusLink(id) {
    await this.updateComplete;
    /** @type {HTMLElement | null} */ (this.querySelector(`li[data-id="${CSS.escape(id)}"] a`))?.focus({ preventScroll: true });
  }


  disconnectedCallback() {
    super.disconnectedCallback();
    this.#resize.disconnect();
  }
}

define('lo-conversation-list', ConversationList);
