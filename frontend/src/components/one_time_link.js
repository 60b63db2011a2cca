import { html, nothing } from 'lit';

import { formatTime } from '../utils/format.js';
import { t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';
import './icon.js';

/** A link that is shown once, to be handed on. */
class OneTimeLink extends LightElement {
  static properties = { link: { attribute: false }, lead: {}, copied: { state: true } };

  constructor() {
    super();
    /** @type {import('../account_shapes.js').OneTimeLink | null} */
    this.link = null;
    this.lead = '';
    this.copied = false;
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    if (changed.has('link')) this.copied = false;
  }

  render() {
    if (!this.link) return nothing;
    const address = location.origin + this.link.path;
    return html`<div class="one-time-link" role="status">
      <p>${this.lead}</p>
      <div class="settings-line">
        <label class="field">
          <span>${t('link.label')}</span>
          <input readonly .value=${address} @focus=${(/** @type {any} */ { target }) => target.select()} />
        </label>
        ${navigator.clipboard
          ? html`<button type="button" class="button" @click=${() => void this.#copy(address)}>
              <lo-icon name=${this.copied ? 'check' : 'copy'}></lo-icon>${t(this.copied ? 'action.copied' : 'action.copy')}
            </button>`
          : nothing}
      </div>
      <small>${t('link.once', { time: formatTime(this.link.expires_at) })}</small>
    </div>`;
  }

  /** @param {string} address */
  async #copy(address) {
    await navigator.clipboard.writeText(address);
    this.copied = true;
  }
}

define('lo-one-time-link', OneTimeLink);
