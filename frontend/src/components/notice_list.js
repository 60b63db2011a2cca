import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';
import './icon.js';

/** @typedef {import('../shapes.js').Notice} Notice */

/**
 * Short messages at the edge of the screen. Emits `dismiss` with a notice's id, and `left`
 * when the one that had the focus has gone.
 */
class NoticeList extends LightElement {
  static properties = { notices: { attribute: false } };

  #focused = false;

  constructor() {
    super();
    /** @type {Notice[]} */
    this.notices = [];
  }

  willUpdate() {
    this.#focused = this.contains(document.activeElement);
  }

  updated() {
    if (this.#focused && !this.contains(document.activeElement)) this.emit('left');
  }

  render() {
    return html`
      <div class="notices" role="status" aria-live="polite">
        ${repeat(this.notices, ({ id }) => id, (notice) => this.#notice(notice))}
      </div>
    `;
  }

  /** @param {Notice} notice */
  #notice({ id, text, detail, tone, action }) {
    return html`
      <div class="notice notice-${tone}" data-testid="notice">
        ${tone === 'bad' ? html`<lo-icon name="alert"></lo-icon>` : nothing}
        <p>${text}${detail ? html`<small>${detail}</small>` : nothing}</p>
        ${action
          ? html`<button type="button" class="button button-quiet" @click=${action.run}>${action.label}</button>`
          : nothing}
        <button
          type="button"
          class="icon-button"
          aria-label=${t('action.dismiss')}
          @click=${() => this.emit('dismiss', id)}
        ><lo-icon name="close"></lo-icon></button>
      </div>
    `;
  }
}

define('lo-notice-list', NoticeList);
