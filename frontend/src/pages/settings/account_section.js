import { MultiStoreController } from '@nanostores/lit';
import { html, nothing } from 'lit';

import { choice } from '../../components/choice.js';
import '../../components/password_form.js';
import { problemNote } from '../../components/problem_note.js';
import '../../components/session_list.js';
import { notify, notifyProblem } from '../../store/notices.js';
import { $sessions, changePassword, endOtherSessions, endSession, loadSessions, rename } from '../../store/own_account.js';
import { $language, $theme, chooseLanguage, chooseTheme } from '../../store/preferences.js';
import { $about, $user, signOut } from '../../store/session.js';
import { LANGUAGE_NAMES, LANGUAGES, t } from '../../utils/i18n.js';
import { define, LightElement } from '../../utils/light_element.js';
import { toProblem } from '../../utils/problem.js';

/** One's own name, password, language, theme and sessions. */
class AccountSection extends LightElement {
  static properties = { busy: { state: true }, ending: { state: true }, problems: { state: true } };

  #stores = new MultiStoreController(this, [$user, $sessions, $language, $theme, $about]);

  constructor() {
    super();
    /** What is under way. @type {'name' | 'password' | 'others' | ''} */
    this.busy = '';
    this.ending = '';
    /** @type {Partial<Record<'name' | 'password', import('../../shapes.js').Problem>>} */
    this.problems = {};
  }

  connectedCallback() {
    super.connectedCallback();
    void loadSessions();
  }

  render() {
    const about = this.#stores.values[4];
    const passwords = about?.password_sign_in === false ? nothing : this.#password();
    return html`${this.#profile()}${passwords}${this.#appearance()}${this.#sessions()}`;
  }

  #profile() {
    const [user] = this.#stores.values;
    return html`<section class="settings-card" aria-labelledby="profile-heading">
      <h2 id="profile-heading">${t('profile.title')}</h2>
      <p class="settings-lead">${user?.email} · ${t(`role.${user?.role}`)}</p>
      <form class="settings-line" @submit=${(/** @type {SubmitEvent} */ event) => void this.#onName(event)}>
        <label class="field">
          <span>${t('sign_in.name')}</span>
          <input name="name" autocomplete="name" required maxlength="200" .value=${user?.name ?? ''} />
        </label>
        <button class="button" ?disabled=${this.busy === 'name'}>${t('profile.save')}</button>
      </form>
      ${this.problems.name ? problemNote(this.problems.name) : nothing}
      <div>
        <button type="button" class="button" @click=${() => void signOut().catch(notifyProblem)}>
          <lo-icon name="log-out"></lo-icon>${t('settings.sign_out')}
        </button>
      </div>
    </section>`;
  }

  #password() {
    return html`<section class="settings-card" aria-labelledby="password-heading">
      <h2 id="password-heading">${t('password.title')}</h2>
      <p class="settings-lead">${t('password.lead')}</p>
      <lo-password-form
        .email=${this.#stores.values[0]?.email ?? ''}
        ?busy=${this.busy === 'password'}
        .problem=${this.problems.password ?? null}
        @change-password=${(/** @type {CustomEvent} */ { detail }) => void this.#onPassword(detail)}
      ></lo-password-form>
    </section>`;
  }

  #appearance() {
    const [, , language, theme] = this.#stores.values;
    const languages = LANGUAGES.map((name) => ({ value: name, label: LANGUAGE_NAMES[name] }));
    const themes = ['light', 'dark'].map((value) => ({ value, label: t(`theme.${value}`) }));
    return html`<section class="settings-card" aria-labelledby="appearance-heading">
      <h2 id="appearance-heading">${t('appearance.title')}</h2>
      <p class="settings-lead">${t('appearance.lead')}</p>
      ${choice({
        name: 'language',
        label: t('settings.language'),
        options: [{ value: 'system', label: t('settings.browser') }, ...languages],
        current: language,
        choose: (value) => void chooseLanguage(/** @type {never} */ (value)).catch(notifyProblem),
      })}
      ${choice({
        name: 'theme',
        label: t('settings.theme'),
        options: [{ value: 'system', label: t('settings.system') }, ...themes],
        current: theme,
        choose: (value) => chooseTheme(/** @type {never} */ (value)),
      })}
    </section>`;
  }

  #sessions() {
    const [, { items, state, problem }] = this.#stores.values;
    return html`<section class="settings-card" aria-labelledby="sessions-heading">
      <h2 id="sessions-heading" tabindex="-1">${t('sessions.title')}</h2>
      <p class="settings-lead">${t('sessions.lead')}</p>
      ${problem ? problemNote(problem, () => void loadSessions()) : nothing}
      ${state === 'loading' && items.length === 0
        ? html`<div class="skeleton-rows" aria-hidden="true"><i></i><i></i></div>`
        : html`<lo-session-list
            .sessions=${items}
            .ending=${this.ending}
            @end-session=${(/** @type {CustomEvent<string>} */ { detail }) => void this.#onEnd(detail)}
          ></lo-session-list>`}
      ${items.length > 1
        ? html`<div>
            <button type="button" class="button button-danger-quiet" ?disabled=${this.busy === 'others'} @click=${() => void this.#onEndOthers()}>
              ${t('sessions.end_others')}
            </button>
          </div>`
        : nothing}
    </section>`;
  }

  /** @param {SubmitEvent} event */
  async #onName(event) {
    event.preventDefault();
    const name = String(new FormData(/** @type {HTMLFormElement} */ (event.target)).get('name'));
    if (await this.#attempt('name', () => rename(name))) notify({ text: t('profile.saved') });
  }

  /** @param {{current: string, new: string}} passwords */
  async #onPassword(passwords) {
    if (!(await this.#attempt('password', () => changePassword(passwords)))) return;
    /** @type {any} */ (this.querySelector('lo-password-form')).reset();
    notify({ text: t('password.changed') });
  }

  /** @param {'name' | 'password'} what @param {() => Promise<void>} task */
  async #attempt(what, task) {
    this.busy = what;
    this.problems = { ...this.problems, [what]: undefined };
    try {
      await task();
      return true;
    } catch (error) {
      this.problems = { ...this.problems, [what]: toProblem(error) };
      return false;
    } finally {
      this.busy = '';
    }
  }

  /** @param {string} id */
  async #onEnd(id) {
    this.ending = id;
    await endSession(id).catch(notifyProblem);
    this.ending = '';
    /** @type {HTMLElement | null} */ (this.querySelector('#sessions-heading'))?.focus(); // its button is gone
  }

  async #onEndOthers() {
    this.busy = 'others';
    try {
      notify({ text: t('sessions.ended', { count: await endOtherSessions() }) });
      /** @type {HTMLElement | null} */ (this.querySelector('#sessions-heading'))?.focus();
    } catch (error) {
      notifyProblem(error);
    } finally {
      this.busy = '';
    }
  }
}

define('lo-account-section', AccountSection);
