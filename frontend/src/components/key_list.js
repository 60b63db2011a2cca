import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { formatDate, formatTime } from '../utils/format.js';
import { t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';

/** @typedef {import('../account_shapes.js').ApiKey} ApiKey */

/** One's keys, and what each may do. Emits `revoke-key` (the key). */
class KeyList extends LightElement {
  static properties = { keys: { attribute: false } };

  constructor() {
    super();
    /** @type {ApiKey[]} */
    this.keys = [];
  }

  render() {
    return html`<ul class="rows" aria-label=${t('keys.list')}>
      ${repeat(this.keys, ({ id }) => id, (key) => this.#row(key))}
    </ul>`;
  }

  /** @param {ApiKey} key */
  #row(key) {
    const { name, prefix, scopes, collection_ids: collections, created_at: created, last_used_at: used } = key;
    return html`<li class="row" data-testid="api-key">
      <div class="row-main">
        <span class="row-title">${name}</span>
        <span class="row-detail">
          <code>${prefix}…</code>
          <span>${scopes.map((scope) => t(`keys.scope.${scope}`)).join(', ')}</span>
          ${collections ? html`<span>${t('keys.collections_count', { count: collections.length })}</span>` : nothing}
          <span>${used ? t('keys.used', { time: formatTime(used) }) : t('keys.unused')}</span>
          <span>${t('keys.created', { time: formatDate(created) })}</span>
          ${expiry(key)}
        </span>
      </div>
      <button
        type="button"
        class="button button-danger-quiet"
        aria-label=${t('keys.revoke_of', { name })}
        @click=${() => this.emit('revoke-key', key)}
      >${t('keys.revoke')}</button>
    </li>`;
  }
}

/** @param {ApiKey} key */
function expiry({ expires_at: end }) {
  if (!end) return nothing;
  const expired = Date.parse(end) <= Date.now();
  const time = formatDate(end);
  return expired
    ? html`<span class="row-detail-bad">${t('keys.expired', { time })}</span>`
    : html`<span>${t('keys.expires', { time })}</span>`;
}

define('lo-key-list', KeyList);
