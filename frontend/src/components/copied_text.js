import { html } from 'lit';

import { t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';

const SAID_MILLISECONDS = 2000;

/** A text to be copied as it is. Where the browser lets no page copy, the text is selected instead. */
class CopiedText extends LightElement {
  static properties = { text: {}, label: {}, copied: { state: true } };

  constructor() {
    super();
    this.text = '';
    /** What it is, for those who do not see it. */
    this.label = '';
    this.copied = false;
  }

  render() {
    return html`<div class="copied-text">
      <pre tabindex="0" role="region" aria-label=${this.label}><code>${this.text}</code></pre>
      <button
        type="button"
        class="button button-small"
        aria-label=${t('keys.copy_of', { name: this.label })}
        @click=${() => void this.#copy()}
      >${this.copied ? t('action.copied') : t('action.copy')}</button>
      <span class="sr-only" role="status">${this.copied ? t('action.copied') : ''}</span>
    </div>`;
  }

  async #copy() {
    try {
      await navigator.clipboard.writeText(this.text);
    } catch {
      // Without HTTPS there is no clipboard, and a person may have refused it.
      const code = this.querySelector('code');
      if (code) getSelection()?.selectAllChildren(code);
      return;
    }
    this.copied = true;
    setTimeout(() => (this.copied = false), SAID_MILLISECONDS);
  }
}

define('lo-copied-text', CopiedText);
