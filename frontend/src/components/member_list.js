import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';
import './icon.js';

/** @typedef {import('../shapes.js').Access} Access */
/** @typedef {import('../shapes.js').Member} Member */

/** @type {Access[]} */
export const ACCESS = ['owner', 'editor', 'reader'];

/**
 * Who may see a collection. Emits `change-access` ({member, access}) and `remove-member` (member).
 */
class MemberList extends LightElement {
  static properties = { members: { attribute: false }, me: {}, mayChange: { type: Boolean } };

  constructor() {
    super();
    /** @type {Member[]} */
    this.members = [];
    /** The id of who looks. */
    this.me = '';
    this.mayChange = false;
  }

  render() {
    return html`<ul class="members" aria-label=${t('members.title')}>
      ${repeat(this.members, ({ user_id: id }) => id, (member) => this.#row(member))}
    </ul>`;
  }

  /** @param {Member} member */
  #row(member) {
    const { user_id: id, name, email, access } = member;
    return html`<li class="member" data-testid="member">
      <span class="avatar" aria-hidden="true">${[...name][0] ?? '?'}</span>
      <p class="member-name">
        <span>${name}${id === this.me ? html` <small class="badge">${t('members.you')}</small>` : nothing}</span>
        <small>${email}</small>
      </p>
      ${this.mayChange ? this.#choice(member) : html`<span class="member-access">${t(`access.${access}`)}</span>`}
      ${this.mayChange && id !== this.me
        ? html`<button
            type="button"
            class="icon-button"
            aria-label=${t('members.remove', { name })}
            title=${t('members.remove', { name })}
            @click=${() => this.emit('remove-member', member)}
          ><lo-icon name="close"></lo-icon></button>`
        : nothing}
    </li>`;
  }

  /** @param {Member} member */
  #choice(member) {
    /** @param {Event} event */
    const change = ({ target }) => {
      const { value } = /** @type {HTMLSelectElement} */ (target);
      this.emit('change-access', { member, access: value });
    };
    return html`<select aria-label=${t('members.access_of', { name: member.name })} .value=${member.access} @change=${change}>
      ${ACCESS.map((access) => html`<option value=${access} ?selected=${access === member.access}>${t(`access.${access}`)}</option>`)}
    </select>`;
  }
}

define('lo-member-list', MemberList);
