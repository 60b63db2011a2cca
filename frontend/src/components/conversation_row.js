import { html, nothing } from 'lit';

import { t } from '../utils/i18n.js';
import './menu.js';

/** @typedef {import('../shapes.js').Conversation} Conversation */

/**
 * What stands in a row of the list: the conversation's link and its menu.
 * @param {Conversation} conversation
 * @param {object} does
 * @param {boolean} does.current
 * @param {(id: string, format: 'md' | 'json') => string} does.exportAddress
 * @param {() => void} does.rename
 * @param {(name: string, detail: unknown) => void} does.emit
 */
export function conversationRow({ id, title, pinned }, { current, exportAddress, rename, emit }) {
  const items = [
    { label: t('conversation.rename'), icon: 'pencil', run: rename },
    {
      label: t(pinned ? 'conversation.unpin' : 'conversation.pin'),
      icon: pinned ? 'unpin' : 'pin',
      run: () => emit('pin', { id, pinned: !pinned }),
    },
    { label: t('conversation.export_md'), icon: 'download', href: exportAddress(id, 'md') },
    { label: t('conversation.export_json'), icon: 'download', href: exportAddress(id, 'json') },
    { label: t('conversation.delete'), icon: 'trash', danger: true, run: () => emit('delete-conversation', id) },
  ];
  return html`
    <a href="/chat/${encodeURIComponent(id)}" aria-current=${current ? 'page' : nothing} title=${title}>
      ${title || t('conversation.untitled')}
    </a>
    <lo-menu .label=${t('conversation.menu', { title })} .items=${items}></lo-menu>
  `;
}

/**
 * @param {Conversation} conversation
 * @param {(title: string | null) => void} done with the new title, or `null`; leaving the field may
 *   call it once more
 */
export function renameForm({ title }, done) {
  /** @param {Event} event */
  const save = (event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.currentTarget instanceof HTMLInputElement ? event.currentTarget.form : event.currentTarget);
    const text = String(new FormData(form).get('title')).trim();
    done(text && text !== title ? text : null);
  };
  /** @param {KeyboardEvent} event */
  const onKey = (event) => {
    if (event.key !== 'Escape' || event.isComposing) return;
    event.stopPropagation();
    done(null);
  };
  return html`<form class="rename-form" @submit=${save}>
    <input name="title" maxlength="200" aria-label=${t('conversation.rename')} .value=${title} @blur=${save} @keydown=${onKey} />
  </form>`;
}

/**
 * What stands where more conversations will follow.
 * @param {number} top
 * @param {boolean} failed
 * @param {() => void} retry
 */
export function listEnd(top, failed, retry) {
  const style = `top: ${top}px`;
  if (!failed) {
    return html`<div class="conversation-end skeleton-lines" aria-hidden="true" .style=${style}><i></i><i></i><i></i></div>`;
  }
  return html`<div class="conversation-end" role="alert" .style=${style}>
    <p>${t('conversation.failed')}</p>
    <button type="button" class="button" @click=${retry}>${t('action.retry')}</button>
  </div>`;
}
