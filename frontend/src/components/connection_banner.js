import { html, nothing } from 'lit';

import { t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';
import './icon.js';

/** Says quietly that there is no connection, and once that it is back. Emits `check`. */
class ConnectionBanner extends LightElement {
  static properties = { state: {} };

  constructor() {
    super();
    /** @type {'online' | 'offline' | 'unreachable'} */
    this.state = 'online';
    this.wasAway = false;
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    this.wasAway = this.state === 'online' && (changed.get('state') ?? 'online') !== 'online';
  }

  render() {
    const away = this.state !== 'online';
    return html`
      <div class="connection ${away ? 'connection-away' : ''}">
        <div class="connection-words">
          ${away ? html`<lo-icon name="offline"></lo-icon>` : nothing}
          <p role="status" class=${away ? '' : 'sr-only'}>${this.#words()}</p>
          ${this.state === 'unreachable'
            ? html`<button type="button" class="button button-quiet button-small" @click=${() => this.emit('check')}>${t('connection.check')}</button>`
            : nothing}
        </div>
      </div>
    `;
  }

  #words() {
    if (this.state !== 'online') return t(`connection.${this.state}`);
    return this.wasAway ? t('connection.back') : '';
  }
}

define('lo-connection-banner', ConnectionBanner);
