import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { formatTime } from '../utils/format.js';
import { hasMessage, t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';

/** @typedef {import('../account_shapes.js').AuditEvent} AuditEvent */

/** The audit log's events, as a table that becomes cards where it is narrow. */
class EventList extends LightElement {
  static properties = { events: { attribute: false } };

  constructor() {
    super();
    /** @type {AuditEvent[]} */
    this.events = [];
  }

  render() {
    const columns = ['time', 'action', 'actor', 'target', 'address'];
    return html`<table class="events">
      <caption class="sr-only">${t('audit.title')}</caption>
      <thead>
        <tr>${columns.map((name) => html`<th scope="col">${t(`audit.column.${name}`)}</th>`)}</tr>
      </thead>
      <tbody>${repeat(this.events, ({ id }) => id, (event) => this.#row(event))}</tbody>
    </table>`;
  }

  /** @param {AuditEvent} event */
  #row({ at, action, actor, target, address, details }) {
    return html`<tr data-testid="event">
      <td class="event-time">${formatTime(at)}</td>
      <td>${actionName(action)}${detailsText(details)}</td>
      <td>${actor || t('audit.nobody')}</td>
      <td>${target.name || (target.kind ? html`<code>${target.kind} ${target.id.slice(-8)}</code>` : nothing)}</td>
      <td>${address}</td>
    </tr>`;
  }
}

/** @param {string} action one of a newer server has no words here */
export function actionName(action) {
  const key = `audit.action.${action}`;
  return hasMessage(key) ? t(key) : action;
}

/** @param {Record<string, unknown>} details */
function detailsText(details) {
  const known = Object.entries(details).filter(([, value]) => value !== null && value !== '');
  if (known.length === 0) return nothing;
  const words = known.map(([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : value}`);
  return html`<small class="event-details">${words.join(' · ')}</small>`;
}

define('lo-event-list', EventList);
