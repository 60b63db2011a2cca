import { StoreController } from '@nanostores/lit';
import { html, nothing } from 'lit';

import '../../components/invitation_list.js';
import '../../components/one_time_link.js';
import { problemNote } from '../../components/problem_note.js';
import { $invitations, invite, loadInvitations, withdrawInvitation } from '../../store/people.js';
import { t } from '../../utils/i18n.js';
import { define, LightElement } from '../../utils/light_element.js';
import { toProblem } from '../../utils/problem.js';

/** Inviting somebody, and what became of the invitations before. */
class InviteCard extends LightElement {
  static properties = { busy: { state: true }, made: { state: true }, problem: { state: true } };

  #invitations = new StoreController(this, $invitations);

  constructor() {
    super();
    this.busy = false;
    /** @type {import('../../account_shapes.js').OneTimeLink | null} */
    this.made = null;
    /** @type {import('../../shapes.js').Problem | null} */
    this.problem = null;
  }

  connectedCallback() {
    super.connectedCallback();
    void loadInvitations();
  }

  render() {
    const { items, problem } = this.#invitations.value;
    const open = items.filter(({ status }) => status === 'open');
    const ended = items.filter(({ status }) => status !== 'open');
    return html`<section class="settings-card" aria-labelledby="invite-heading">
      <h2 id="invite-heading" tabindex="-1">${t('invitations.invite')}</h2>
      <p class="settings-lead">${t('invitations.lead')}</p>
      <form class="settings-line" @submit=${(/** @type {SubmitEvent} */ event) => void this.#onSubmit(event)}>
        <label class="field">
          <span>${t('invitations.email')}</span>
          <input name="email" type="email" autocomplete="off" maxlength="254" />
        </label>
        <label class="field field-short">
          <span>${t('invitations.role')}</span>
          <select name="role">
            ${['member', 'administrator'].map((role) => html`<option value=${role}>${t(`role.${role}`)}</option>`)}
          </select>
        </label>
        <button class="button button-primary" ?disabled=${this.busy}>${t('invitations.make')}</button>
      </form>
      ${this.problem ? problemNote(this.problem) : nothing}
      <lo-one-time-link .link=${this.made} .lead=${t('invitations.made')}></lo-one-time-link>
      ${problem ? problemNote(problem, () => void loadInvitations()) : nothing}
      ${open.length > 0
        ? html`<h3>${t('invitations.title')}</h3>
            <lo-invitation-list
              .invitations=${open}
              @withdraw=${(/** @type {CustomEvent<string>} */ { detail }) => void this.#onWithdraw(detail)}
            ></lo-invitation-list>`
        : nothing}
      ${ended.length > 0
        ? html`<details>
            <summary>${t('invitations.earlier', { count: ended.length })}</summary>
            <lo-invitation-list .invitations=${ended}></lo-invitation-list>
          </details>`
        : nothing}
    </section>`;
  }

  /** @param {SubmitEvent} event */
  async #onSubmit(event) {
    event.preventDefault();
    if (this.busy) return;
    const form = /** @type {HTMLFormElement} */ (event.target);
    const fields = new FormData(form);
    this.busy = true;
    this.problem = this.made = null;
    try {
      const email = String(fields.get('email')).trim() || undefined;
      this.made = await invite({ email, role: /** @type {import('../../shapes.js').Role} */ (fields.get('role')) });
      form.reset();
    } catch (error) {
      this.problem = toProblem(error);
    } finally {
      this.busy = false;
    }
  }

  /** @param {string} id */
  async #onWithdraw(id) {
    await withdrawInvitation(id);
    this.made = null; // it may have been this one's link
    /** @type {HTMLElement | null} */ (this.querySelector('#invite-heading'))?.focus(); // its button is gone
  }
}

define('lo-invite-card', InviteCard);
