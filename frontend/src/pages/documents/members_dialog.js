import { MultiStoreController } from '@nanostores/lit';
import { html, nothing } from 'lit';

import '../../components/dialog.js';
import { ACCESS } from '../../components/member_list.js';
import { problemNote } from '../../components/problem_note.js';
import { $collections } from '../../store/collections.js';
import { $members, addMember, changeMember, loadMembers, removeMember } from '../../store/members.js';
import { $user } from '../../store/session.js';
import { t } from '../../utils/i18n.js';
import { define, LightElement } from '../../utils/light_element.js';

/** Who may see a collection, and what they may do there. Emits `close`. */
class MembersDialog extends LightElement {
  static properties = { open: { type: Boolean }, collection: {}, busy: { state: true } };

  #stores = new MultiStoreController(this, [$members, $collections, $user]);

  constructor() {
    super();
    this.open = false;
    /** @type {string | null} */
    this.collection = null;
    this.busy = false;
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    if (changed.has('open') && this.open && this.collection) void loadMembers(this.collection);
  }

  render() {
    const [{ items, state, problem }, collections, user] = this.#stores.values;
    const collection = collections.find(({ id }) => id === this.collection);
    if (!collection) return nothing;
    const owner = collection.access === 'owner';
    const retry = state === 'failed' ? () => void loadMembers(collection.id) : null;
    return html`<lo-dialog
      .open=${this.open}
      .heading=${t('members.title_of', { name: collection.name })}
      .content=${html`
        <p class="members-lead">${t(owner ? 'members.lead' : 'members.lead_others')}</p>
        ${owner ? this.#form() : nothing}
        ${problem ? problemNote(problem, retry) : nothing}
        ${state === 'loading' ? html`<div class="skeleton-rows" aria-hidden="true"><i></i><i></i></div>` : nothing}
        <lo-member-list
          .members=${items}
          .me=${user?.id ?? ''}
          ?mayChange=${owner}
          @change-access=${(/** @type {CustomEvent} */ { detail }) => void changeMember(detail.member, detail.access)}
          @remove-member=${(/** @type {CustomEvent} */ { detail }) => void removeMember(detail)}
        ></lo-member-list>
      `}
    ></lo-dialog>`;
  }

  #form() {
    return html`<form class="member-form" @submit=${(/** @type {SubmitEvent} */ event) => void this.#onSubmit(event)}>
      <label class="field">
        <span>${t('members.email')}</span>
        <input name="email" type="email" required autocomplete="off" autofocus />
      </label>
      <label class="field">
        <span>${t('members.access')}</span>
        <select name="access">
          ${[...ACCESS].reverse().map((access) => html`<option value=${access}>${t(`access.${access}`)}</option>`)}
        </select>
      </label>
      <button class="button button-primary" ?disabled=${this.busy}>${t('members.add')}</button>
    </form>`;
  }

  /** @param {SubmitEvent} event */
  async #onSubmit(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const values = new FormData(form);
    const email = String(values.get('email')).trim();
    if (email === '' || this.busy) return;
    this.busy = true;
    const added = await addMember(email, /** @type {import('../../shapes.js').Access} */ (values.get('access')));
    this.busy = false;
    if (!added) return;
    form.reset();
    /** @type {HTMLInputElement} */ (form.elements.namedItem('email')).focus();
  }
}

define('lo-members-dialog', MembersDialog);
