import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { formatTime } from '../utils/format.js';
import { t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';
import './menu.js';

/** @typedef {import('../account_shapes.js').Person} Person */
/** @typedef {'promote' | 'demote' | 'suspend' | 'resume' | 'reset' | 'delete'} PersonAct */

/** Everybody with an account. Emits `act` ({person, act}). */
class PersonList extends LightElement {
  static properties = { people: { attribute: false }, me: {}, passwords: { type: Boolean } };

  constructor() {
    super();
    /** @type {Person[]} */
    this.people = [];
    /** The id of who looks: nobody locks himself out. */
    this.me = '';
    /** Whether there are passwords to be forgotten. */
    this.passwords = false;
  }

  render() {
    return html`<ul class="rows" aria-label=${t('people.title')}>
      ${repeat(this.people, ({ id }) => id, (person) => this.#row(person))}
    </ul>`;
  }

  /** @param {Person} person */
  #row(person) {
    const { id, name, email, role, suspended_at: suspended, seen_at: seen, documents } = person;
    const items = this.#items(person);
    return html`<li class="row person" data-testid="person">
      <span class="avatar" aria-hidden="true">${[...name][0] ?? '?'}</span>
      <div class="row-main">
        <span class="row-title">${name}
          ${id === this.me ? html`<small class="badge">${t('people.you')}</small>` : nothing}
          ${role === 'administrator' ? html`<small class="badge">${t('role.administrator')}</small>` : nothing}
          ${suspended ? html`<small class="badge badge-warn">${t('people.suspended')}</small>` : nothing}
        </span>
        <span class="row-detail">
          <span>${email}</span>
          <span>${seen ? t('sessions.seen', { time: formatTime(seen) }) : t('people.not_signed_in')}</span>
          <span>${t('people.documents', { count: documents })}</span>
        </span>
      </div>
      <div class="row-actions">
        ${items.length > 0 ? html`<lo-menu .label=${t('people.menu', { name })} .items=${items}></lo-menu>` : nothing}
      </div>
    </li>`;
  }

  /** @param {Person} person @returns {import('./menu.js').MenuItem[]} */
  #items(person) {
    const act = (/** @type {PersonAct} */ act) => () => void this.emit('act', { person, act });
    const entry = { label: t('people.act.reset'), icon: 'refresh', run: act('reset') };
    const reset = this.passwords && !person.suspended_at ? [entry] : [];
    if (person.id === this.me) return reset;
    const [role, state] = /** @type {const} */ ([
      person.role === 'member' ? 'promote' : 'demote',
      person.suspended_at ? 'resume' : 'suspend',
    ]);
    return [
      { label: t(`people.act.${role}`), icon: 'users', run: act(role) },
      { label: t(`people.act.${state}`), icon: state === 'suspend' ? 'circle-stop' : 'check', run: act(state) },
      ...reset,
      { label: t('people.act.delete'), icon: 'trash', run: act('delete'), danger: true },
    ];
  }
}

define('lo-person-list', PersonList);
