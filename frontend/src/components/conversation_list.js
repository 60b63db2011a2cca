import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { groupByDay } from '../utils/format.js';
import { t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';
import './menu.js';

/** @typedef {import('../shapes.js').Conversation} Conversation */

/**
 * Conversations, the pinned ones first, the others by day. Emits `rename` ({id, title}), `pin`
 * ({id, pinned}), `delete-conversation` (id) and `more` when its end comes into view.
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
  };

  /** @type {IntersectionObserver | undefined} */
  #observer;

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
  }

  render() {
    if (this.conversations.length === 0) return this.#empty();
    const pinned = this.conversations.filter((item) => item.pinned);
    const others = this.conversations.filter((item) => !item.pinned);
    const groups = groupByDay(others, (item) => item.updated_at);
    if (pinned.length > 0) groups.unshift({ label: t('conversation.pinned'), items: pinned });
    return html`
      ${groups.map(({ label, items }) => html`
        <section class="conversation-group">
          <h3>${label}</h3>
          <ul>${repeat(items, ({ id }) => id, (item) => this.#item(item))}</ul>
        </section>
      `)}
      ${this.hasMore ? html`<div class="list-end" aria-hidden="true"></div>` : nothing}
    `;
  }

  #empty() {
    if (this.state === 'loading') {
      return html`<div class="skeleton-lines" aria-hidden="true"><i></i><i></i><i></i></div>`;
    }
    const key = this.state === 'failed' ? 'failed' : this.query ? 'nothing_found' : 'none';
    return html`<p class="sidebar-note">${t(`conversation.${key}`)}</p>`;
  }

  /** @param {Conversation} conversation */
  #item(conversation) {
    const { id, title, pinned } = conversation;
    if (this.renaming === id) return html`<li>${this.#renameForm(conversation)}</li>`;
    const items = [
      { label: t('conversation.rename'), icon: 'pencil', run: () => this.#rename(id) },
      {
        label: t(pinned ? 'conversation.unpin' : 'conversation.pin'),
        icon: pinned ? 'unpin' : 'pin',
        run: () => this.emit('pin', { id, pinned: !pinned }),
      },
      { label: t('conversation.export_md'), icon: 'download', href: this.exportAddress(id, 'md') },
      { label: t('conversation.export_json'), icon: 'download', href: this.exportAddress(id, 'json') },
      {
        label: t('conversation.delete'),
        icon: 'trash',
        danger: true,
        run: () => this.emit('delete-conversation', id),
      },
    ];
    return html`
      <li class="conversation" data-testid="conversation">
        <a href="/chat/${encodeURIComponent(id)}" aria-current=${id === this.current ? 'page' : nothing} title=${title}>
          ${title || t('conversation.untitled')}
        </a>
        <lo-menu .label=${t('conversation.menu', { title })} .items=${items}></lo-menu>
      </li>
    `;
  }

  /** @param {Conversation} conversation */
  #renameForm({ id, title }) {
    /** @param {Event} event */
    const save = (event) => {
      event.preventDefault();
      if (this.renaming !== id) return;
      const input = /** @type {HTMLInputElement} */ (this.querySelector('input[name=title]'));
      this.renaming = null;
      const after = input.value.trim();
      if (after && after !== title) this.emit('rename', { id, title: after });
    };
    /** @param {KeyboardEvent} event */
    const onKey = (event) => {
      if (event.key !== 'Escape' || event.isComposing) return;
      event.stopPropagation();
      this.renaming = null;
    };
    return html`<form class="rename-form" @submit=${save}>
      <input name="title" maxlength="200" aria-label=${t('conversation.rename')} .value=${title} @blur=${save} @keydown=${onKey} />
    </form>`;
  }

  /** @param {string} id */
  async #rename(id) {
    this.renaming = id;
    await this.updateComplete;
    const input = /** @type {HTMLInputElement} */ (this.querySelector('input[name=title]'));
    input.focus();
    input.select();
  }

  updated() {
    this.#observer?.disconnect();
    const end = this.querySelector('.list-end');
    if (!end) return;
    this.#observer = new IntersectionObserver(([{ isIntersecting }]) => {
      if (isIntersecting) this.emit('more');
    });
    this.#observer.observe(end);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#observer?.disconnect();
  }
}

define('lo-conversation-list', ConversationList);
