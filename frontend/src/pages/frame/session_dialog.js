import { MultiStoreController } from '@nanostores/lit';
import { html, nothing } from 'lit';

import '../../components/credentials_form.js';
import '../../components/dialog.js';
import { loadConversations } from '../../store/conversations.js';
import { $about, $session, $user, signIn } from '../../store/session.js';
import { t } from '../../utils/i18n.js';
import { Lazy } from '../../utils/lazy.js';
import { define, LightElement } from '../../utils/light_element.js';
import { toProblem } from '../../utils/problem.js';

const providerLink = new Lazy(() => import(/* webpackChunkName: "provider_link" */ '../../components/provider_link.js'));

/** Asks to sign in again over the page, so that nothing that was typed is lost. */
class SessionDialog extends LightElement {
  static properties = { busy: { state: true }, problem: { state: true } };

  #stores = new MultiStoreController(this, [$session, $user, $about]);

  constructor() {
    super();
    this.busy = false;
    /** @type {import('../../shapes.js').Problem | null} */
    this.problem = null;
  }

  render() {
    const [session, user, about] = this.#stores.values;
    if (session !== 'expired') return nothing;
    const provider = about?.single_sign_on;
    if (provider) providerLink.load().catch(() => {});
    return html`
      <lo-dialog
        .open=${true}
        .closable=${false}
        .heading=${t('session.expired')}
        .content=${html`
          <p>${t('session.expired_explained')}</p>
          ${provider ? html`<lo-provider-link .name=${provider.name} apart></lo-provider-link>` : nothing}
          ${about?.password_sign_in === false
            ? nothing
            : html`<lo-credentials-form
                .email=${user?.email ?? ''}
                .busy=${this.busy}
                .problem=${this.problem}
                @credentials=${(/** @type {CustomEvent} */ event) => void this.#onCredentials(event)}
              ></lo-credentials-form>`}
        `}
      ></lo-dialog>
    `;
  }

  /** @param {CustomEvent} event */
  async #onCredentials({ detail }) {
    this.busy = true;
    this.problem = null;
    try {
      await signIn(detail);
      void loadConversations();
      this.emit('signed-in-again');
    } catch (error) {
      this.problem = toProblem(error);
    } finally {
      this.busy = false;
    }
  }
}

define('lo-session-dialog', SessionDialog);
