import { html, nothing } from 'lit';

import '../../components/dialog.js';
import { problemNote } from '../../components/problem_note.js';
import { deletePerson } from '../../store/people.js';
import { t } from '../../utils/i18n.js';
import { define, LightElement } from '../../utils/light_element.js';
import { toProblem } from '../../utils/problem.js';

/** @typedef {import('../../account_shapes.js').Person} Person */

/** Asks before an account is deleted, and who takes over its collections. Emits `close` and `deleted`. */
class DepartureDialog extends LightElement {
  static properties = {
    person: { attribute: false },
    heirs: { attribute: false },
    busy: { state: true },
    problem: { state: true },
  };

  constructor() {
    super();
    /** @type {Person | null} */
    this.person = null;
    /** @type {Person[]} */
    this.heirs = [];
    this.busy = false;
    /** @type {import('../../shapes.js').Problem | null} */
    this.problem = null;
  }

  render() {
    const { person } = this;
    if (!person) return nothing;
    return html`<lo-dialog
      .open=${true}
      .heading=${t('departure.title', { name: person.name })}
      .content=${html`<form class="form" @submit=${(/** @type {SubmitEvent} */ event) => void this.#go(event, person)}>
        <p>${t('departure.lead')}</p>
        ${person.only_owned > 0
          ? html`<label class="field">
              <span>${t('departure.heir', { count: person.only_owned })}</span>
              <select name="heir">
                <option value="">${t('departure.nobody')}</option>
                ${this.heirs.map(({ id, name, email }) => html`<option value=${id}>${name} (${email})</option>`)}
              </select>
              <small>${t('departure.nobody_hint', { count: person.documents })}</small>
            </label>`
          : nothing}
        ${this.problem ? problemNote(this.problem) : nothing}
        <div class="form-actions">
          <button type="button" class="button button-quiet" autofocus @click=${() => this.emit('close')}>${t('action.cancel')}</button>
          <button class="button button-danger" ?disabled=${this.busy}>${t('people.act.delete')}</button>
        </div>
      </form>`}
    ></lo-dialog>`;
  }

  /** @param {SubmitEvent} event @param {Person} person */
  async #go(event, person) {
    event.preventDefault();
    if (this.busy) return;
    const heir = new FormData(/** @type {HTMLFormElement} */ (event.target)).get('heir') ?? '';
    this.busy = true;
    this.problem = null;
    try {
      await deletePerson(person.id, String(heir));
      this.emit('deleted', person);
    } catch (error) {
      this.problem = toProblem(error);
    } finally {
      this.busy = false;
    }
  }
}

define('lo-departure-dialog', DepartureDialog);
