import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { formatTime } from '../utils/format.js';
import { t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';

/** @typedef {import('../account_shapes.js').Invitation} Invitation */

/** Invitations of late. Emits `withdraw` (an id). */
class InvitationList extends LightElement {
  static properties = { invitations: { attribute: false } };

  constructor() {
    super();
    /** @type {Invitation[]} */
    this.invitations = [];
  }

  render() {
    return html`<ul class="rows" aria-label=${t('invitations.title')}>
      ${repeat(this.invitations, ({ id }) => id, (invitation) => this.#row(invitation))}
    </ul>`;
  }

  /** @param {Invitation} invitation */
  #row({ id, email, role, status, invited_by: by, used_by: usedBy, expires_at: expires }) {
    const whom = email ?? t('invitations.anybody');
    return html`<li class="row" data-testid="invitation">
      <div class="row-main">
        <span class="row-title">${whom}
          <small class="badge ${status === 'expired' ? 'badge-warn' : ''}">${t(`invitations.status.${status}`)}</small>
        </span>
        <span class="row-detail">
          <span>${t(`role.${role}`)}</span>
          ${by ? html`<span>${t('invitations.by', { email: by })}</span>` : nothing}
          ${usedBy && usedBy !== email ? html`<span>${t('invitations.used_by', { email: usedBy })}</span>` : nothing}
          ${status === 'open' ? html`<span>${t('invitations.until', { time: formatTime(expires) })}</span>` : nothing}
        </span>
      </div>
      ${status === 'open'
        ? html`<button
            type="button"
            class="button"
            aria-label=${t('invitations.withdraw_of', { name: whom })}
            @click=${() => this.emit('withdraw', id)}
          >${t('invitations.withdraw')}</button>`
        : nothing}
    </li>`;
  }
}

define('lo-invitation-list', InvitationList);
