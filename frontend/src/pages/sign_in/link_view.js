import { html, nothing } from 'lit';

import '../../components/credentials_form.js';
import { fetchInvitation, fetchReset, registerByInvitation, resetPassword } from '../../store/account_links.js';
import { formatTime } from '../../utils/format.js';
import { t } from '../../utils/i18n.js';
import { define, LightElement } from '../../utils/light_element.js';
import { isAbort, problemText, toProblem } from '../../utils/problem.js';
import './words.js';

/** @typedef {import('../../shapes.js').Problem} Problem */

/** What somebody comes with who was given a link: an invitation, or one to a new password. */
class LinkView extends LightElement {
  static properties = {
    kind: {},
    token: {},
    found: { state: true },
    busy: { state: true },
    refused: { state: true },
    problem: { state: true },
  };

  #reading = new AbortController();

  constructor() {
    super();
    /** @type {'invite' | 'reset'} */
    this.kind = 'invite';
    this.token = '';
    /** What the link is for. @type {{email: string | null, expires_at?: string} | null} */
    this.found = null;
    this.busy = false;
    /** Why the link cannot be used. @type {Problem | null} */
    this.refused = null;
    /** @type {Problem | null} */
    this.problem = null;
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#reading.abort();
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    if (changed.has('token') || changed.has('kind')) void this.#read();
  }

  async #read() {
    this.#reading.abort();
    const { signal } = (this.#reading = new AbortController());
    this.found = this.refused = null;
    try {
      this.found = await (this.kind === 'invite' ? fetchInvitation : fetchReset)(this.token, signal);
    } catch (error) {
      if (!isAbort(error)) this.refused = toProblem(error);
    }
  }

  render() {
    const { found, kind, refused } = this;
    document.title = `${t(`sign_in.title.${kind}`)} · Like-Opt`;
    if (refused) return this.#refusal(refused);
    const lead = kind === 'invite'
      ? t('sign_in.lead.invite', { time: found?.expires_at ? formatTime(found.expires_at) : '…' })
      : t('sign_in.lead.reset', { email: found?.email ?? '…' });
    return html`
      <h1>${t(`sign_in.title.${kind}`)}</h1>
      <p class="sign-in-lead">${lead}</p>
      ${found
        ? html`<lo-credentials-form
            .mode=${kind}
            .email=${found.email ?? ''}
            ?fixed=${Boolean(found.email)}
            .busy=${this.busy}
            .problem=${this.problem}
            @credentials=${this.#onCredentials}
          ></lo-credentials-form>`
        : nothing}
    `;
  }

  /** @param {Problem} problem */
  #refusal(problem) {
    const ended = problem.error_code === 'INVITATION_NOT_FOUND';
    return html`
      <h1>${t('sign_in.link_wrong')}</h1>
      <p class="sign-in-lead" role="alert">${ended ? t('sign_in.invitation_ended') : problemText(problem)}</p>
      ${problem.retryable && problem.error_code === 'UNREACHABLE'
        ? html`<button type="button" class="button" @click=${() => void this.#read()}>${t('action.retry')}</button>`
        : nothing}
      <a class="button" href="/sign-in">${t('sign_in.link_back')}</a>
    `;
  }

  /** @param {CustomEvent} event */
  async #onCredentials({ detail: { email, password, name } }) {
    this.busy = true;
    this.problem = null;
    try {
      const { token } = this;
      if (this.kind === 'invite') await registerByInvitation({ email, password, name, invitation: token });
      else await resetPassword({ token, password });
      this.emit('navigate', { path: '/', replace: true }); // the link is used up
    } catch (error) {
      this.problem = toProblem(error);
    } finally {
      this.busy = false;
    }
  }
}

define('lo-link-view', LinkView);
