import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { formatTime } from '../utils/format.js';
import { t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';
import { readUserAgent } from '../utils/user_agent.js';
import './icon.js';

/** @typedef {import('../account_shapes.js').OwnSession} OwnSession */

/** Where one is signed in. Emits `end-session` (its id). */
class SessionList extends LightElement {
  static properties = { sessions: { attribute: false }, ending: {} };

  constructor() {
    super();
    /** @type {OwnSession[]} */
    this.sessions = [];
    /** The id of the one that is being ended. */
    this.ending = '';
  }

  render() {
    return html`<ul class="rows" aria-label=${t('sessions.title')}>
      ${repeat(this.sessions, ({ id }) => id, (session) => this.#row(session))}
    </ul>`;
  }

  /** @param {OwnSession} session */
  #row({ id, agent, address, begun_at: begun, seen_at: seen, current }) {
    const name = deviceName(agent);
    return html`<li class="row session" data-testid="session">
      <div class="row-main">
        <span class="row-title">${name}${current ? html` <small class="badge">${t('sessions.current')}</small>` : nothing}</span>
        <span class="row-detail">
          <span>${address}</span>
          <span>${t('sessions.seen', { time: formatTime(seen) })}</span>
          <span>${t('sessions.begun', { time: formatTime(begun) })}</span>
        </span>
      </div>
      ${current
        ? nothing
        : html`<button
            type="button"
            class="button"
            aria-label=${t('sessions.end_of', { name })}
            ?disabled=${this.ending === id}
            @click=${() => this.emit('end-session', id)}
          >${t('sessions.end')}</button>`}
    </li>`;
  }
}

/** @param {string} agent */
function deviceName(agent) {
  const { browser, system } = readUserAgent(agent);
  if (browser && system) return t('sessions.browser_on', { browser, system });
  return browser || system || t('sessions.unknown');
}

define('lo-session-list', SessionList);
