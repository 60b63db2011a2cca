import { StoreController } from '@nanostores/lit';
import { html, nothing } from 'lit';

import '../../components/event_list.js';
import '../../components/icon.js';
import { problemNote } from '../../components/problem_note.js';
import { $events, exportAddress, loadEvents, moreEvents, readEventsAgain } from '../../store/audit.js';
import { debounce } from '../../utils/debounce.js';
import { t } from '../../utils/i18n.js';
import { define, LightElement } from '../../utils/light_element.js';

/** @typedef {import('../../account_shapes.js').AuditFilter} AuditFilter */

const GROUPS = ['session', 'account', 'invitation', 'key', 'collection', 'conversation', 'folder', 'evaluation', 'index', 'backup', 'audit'];

/** Who signed in and what administrators did; it can be narrowed and saved. */
class AuditSection extends LightElement {
  static properties = { filter: { state: true } };

  #events = new StoreController(this, $events);
  #load = debounce(() => void loadEvents(this.filter, { quiet: true }), 250);

  constructor() {
    super();
    /** @type {AuditFilter} */
    this.filter = { action: '', actor: '', since: '', until: '' };
  }

  connectedCallback() {
    super.connectedCallback();
    void loadEvents(this.filter);
  }

  render() {
    const { items, next, state, problem } = this.#events.value;
    const empty = state === 'idle' && items.length === 0;
    return html`<section class="settings-card" aria-labelledby="audit-heading">
      <h2 id="audit-heading">${t('audit.title')}</h2>
      <p class="settings-lead">${t('audit.lead')}</p>
      ${this.#filters()}
      ${problem ? problemNote(problem, () => void readEventsAgain()) : nothing}
      ${state === 'loading' && items.length === 0
        ? html`<div class="skeleton-rows" aria-hidden="true"><i></i><i></i><i></i></div>`
        : nothing}
      ${items.length > 0 ? html`<lo-event-list .events=${items}></lo-event-list>` : nothing}
      <p role="status" class="settings-lead" ?hidden=${!empty}>${empty ? t('audit.none') : ''}</p>
      ${next ? html`<div><button type="button" class="button" @click=${() => void moreEvents()}>${t('people.more')}</button></div>` : nothing}
    </section>`;
  }

  #filters() {
    return html`
      <form class="settings-filters" @submit=${(/** @type {Event} */ event) => event.preventDefault()} @input=${this.#onInput}>
        <label class="field">
          <span>${t('audit.filter.action')}</span>
          <select name="action">
            <option value="">${t('audit.all')}</option>
            ${GROUPS.map((group) => html`<option value=${group}>${t(`audit.group.${group}`)}</option>`)}
          </select>
        </label>
        <label class="field">
          <span>${t('audit.filter.actor')}</span>
          <input name="actor" type="search" autocomplete="off" maxlength="320" />
        </label>
        <label class="field">
          <span>${t('audit.filter.since')}</span>
          <input name="since" type="date" />
        </label>
        <label class="field">
          <span>${t('audit.filter.until')}</span>
          <input name="until" type="date" />
        </label>
      </form>
      <div class="settings-line">
        ${/** @type {const} */ (['csv', 'jsonl']).map((format) => html`<a
          class="button"
          href=${exportAddress(this.filter, format)}
          download
        ><lo-icon name="download"></lo-icon>${t(`audit.export.${format}`)}</a>`)}
      </div>
    `;
  }

  /** @param {Event} event */
  #onInput({ currentTarget }) {
    const fields = new FormData(/** @type {HTMLFormElement} */ (currentTarget));
    const text = (/** @type {string} */ name) => String(fields.get(name) ?? '').trim();
    this.filter = {
      action: text('action'),
      actor: text('actor'),
      since: startOfDay(text('since'), 0),
      until: startOfDay(text('until'), 1), // up to the end of that day
    };
    this.#load();
  }
}

/**
 * @param {string} day as `2026-11-21`, or nothing
 * @param {number} later days
 * @returns {string} the moment at which it begins here
 */
function startOfDay(day, later) {
  const [year, month, date] = day.split('-').map(Number);
  return day && year <= 9998 ? new Date(year, month - 1, date + later).toISOString() : '';
}

define('lo-audit-section', AuditSection);
