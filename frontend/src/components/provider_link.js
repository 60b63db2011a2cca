import en from '../locales/sign_on/en.json';
import ko from '../locales/sign_on/ko.json';
import { html, nothing } from 'lit';

import { addMessages, t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';

addMessages({ en, ko });

/** The way to the identity provider. A link, for the browser leaves the page. */
class ProviderLink extends LightElement {
  static properties = { name: {}, next: {}, apart: { type: Boolean } };

  constructor() {
    super();
    /** What people call the provider. */
    this.name = '';
    /** Where to go on afterwards. */
    this.next = '/';
    /** In a tab of its own: what is on the screen stays. */
    this.apart = false;
  }

  render() {
    const address = `/api/v1/auth/oidc?next=${encodeURIComponent(this.next)}`;
    return html`<a
      class="button button-wide"
      data-testid="provider-link"
      href=${address}
      target=${this.apart ? '_blank' : nothing}
      rel=${this.apart ? 'opener' : nothing}
    >${t('sign_on.with', { name: this.name })}</a>`;
  }
}

define('lo-provider-link', ProviderLink);
