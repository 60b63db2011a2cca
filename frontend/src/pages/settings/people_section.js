import { MultiStoreController } from '@nanostores/lit';
import { html, nothing } from 'lit';

import '../../components/dialog.js';
import '../../components/one_time_link.js';
import '../../components/person_list.js';
import { problemNote } from '../../components/problem_note.js';
import { notify } from '../../store/notices.js';
import { $people, changePerson, findPeople, makeResetLink, morePeople, readPeopleAgain } from '../../store/people.js';
import { $about, $user } from '../../store/session.js';
import { debounce } from '../../utils/debounce.js';
import { t } from '../../utils/i18n.js';
import { define, LightElement } from '../../utils/light_element.js';
import './departure_dialog.js';
import './invite_card.js';

/** @typedef {import('../../account_shapes.js').Person} Person */

/** What a menu's entry changes. */
const CHANGES = /** @type {const} */ ({
  promote: { role: 'administrator' },
  demote: { role: 'member' },
  suspend: { suspended: true },
  resume: { suspended: false },
});

/** Everybody's accounts and invitations, for administrators. */
class PeopleSection extends LightElement {
  static properties = { leaving: { state: true }, reset: { state: true } };

  #stores = new MultiStoreController(this, [$people, $user, $about]);
  #find = debounce((/** @type {string} */ text) => void findPeople(text, { quiet: true }), 200);

  constructor() {
    super();
    /** Whose account is to be deleted. @type {Person | null} */
    this.leaving = null;
    /** A link to a new password, and whose. @type {{person: Person, link: import('../../account_shapes.js').OneTimeLink} | null} */
    this.reset = null;
  }

  /** Whether people sign in by passwords here; otherwise an identity provider says who they are. */
  get #passwords() {
    return this.#stores.values[2]?.password_sign_in !== false;
  }

  connectedCallback() {
    super.connectedCallback();
    void findPeople('');
  }

  render() {
    const invites = this.#passwords ? html`<lo-invite-card></lo-invite-card>` : nothing;
    return html`${invites}${this.#people()}${this.#dialogs()}`;
  }

  #people() {
    const [{ items, next, state, problem }, user] = this.#stores.values;
    const empty = state === 'idle' && items.length === 0;
    return html`<section class="settings-card" aria-labelledby="people-heading">
      <h2 id="people-heading" tabindex="-1">${t('people.title')}</h2>
      <p class="settings-lead">${t('people.lead')}</p>
      <search class="filter">
        <input
          type="search"
          placeholder=${t('people.search')}
          aria-label=${t('people.search')}
          @input=${(/** @type {any} */ { target }) => this.#find(target.value.trim())}
        />
      </search>
      ${problem ? problemNote(problem, () => void readPeopleAgain()) : nothing}
      ${state === 'loading' && items.length === 0
        ? html`<div class="skeleton-rows" aria-hidden="true"><i></i><i></i></div>`
        : html`<lo-person-list
            .people=${items}
            .me=${user?.id ?? ''}
            ?passwords=${this.#passwords}
            @act=${(/** @type {CustomEvent} */ { detail }) => void this.#onAct(detail)}
          ></lo-person-list>`}
      <p role="status" class="settings-lead" ?hidden=${!empty}>${empty ? t('people.nobody') : ''}</p>
      ${next ? html`<div><button type="button" class="button" @click=${() => void morePeople()}>${t('people.more')}</button></div>` : nothing}
    </section>`;
  }

  #dialogs() {
    const { leaving, reset } = this;
    const heirs = this.#stores.values[0].items.filter((person) => person.id !== leaving?.id && !person.suspended_at);
    return html`
      ${leaving
        ? html`<lo-departure-dialog
            .person=${leaving}
            .heirs=${heirs}
            @close=${() => (this.leaving = null)}
            @deleted=${this.#onDeleted}
          ></lo-departure-dialog>`
        : nothing}
      ${reset
        ? html`<lo-dialog
            .open=${true}
            .heading=${t('people.act.reset')}
            .content=${html`<lo-one-time-link .link=${reset.link} .lead=${t('people.reset_made', { name: reset.person.name })}></lo-one-time-link>`}
            @close=${() => (this.reset = null)}
          ></lo-dialog>`
        : nothing}
    `;
  }

  /** @param {{person: Person, act: import('../../components/person_list.js').PersonAct}} detail */
  async #onAct({ person, act }) {
    if (act === 'delete') this.leaving = person;
    else if (act === 'reset') {
      const link = await makeResetLink(person.id);
      if (link) this.reset = { person, link };
    } else if (await changePerson(person.id, CHANGES[act])) {
      notify({ text: t(`people.done.${act}`, { name: person.name }) });
    }
  }

  /** @param {CustomEvent<Person>} event */
  #onDeleted({ detail }) {
    this.leaving = null;
    notify({ text: t('people.done.delete', { name: detail.name }) });
    /** @type {HTMLElement | null} */ (this.querySelector('#people-heading'))?.focus();
  }
}

define('lo-people-section', PeopleSection);
