import './frame.css';

import { MultiStoreController, StoreController } from '@nanostores/lit';
import { html, nothing } from 'lit';

import '../../components/connection_banner.js';
import '../../components/conversation_list.js';
import '../../components/dialog.js';
import '../../components/icon.js';
import { keyCaps } from '../../components/key_caps.js';
import '../../components/notice_list.js';
import LOGO from '../../icon.svg';
import { loadCollections } from '../../store/collections.js';
import {
  $conversations, changeConversation, deleteConversation, exportAddress, loadConversations,
  loadMoreConversations,
} from '../../store/conversations.js';
import { resumeWhenBack } from '../../store/coming_back.js';
import { $connection, checkConnection } from '../../store/connection.js';
import { $notices, dismissNotice } from '../../store/notices.js';
import { $singleKeys } from '../../store/preferences.js';
import { $user } from '../../store/session.js';
import { afterPaint } from '../../utils/after_paint.js';
import { debounce } from '../../utils/debounce.js';
import { t } from '../../utils/i18n.js';
import { define, LightElement } from '../../utils/light_element.js';
import { whenIdle } from '../../utils/when_idle.js';
import { ariaKeys } from '../../utils/shortcuts.js';
import './intake.js';
import { preloadPalette, preloadSettings } from './key_commands.js';
import { conversationAt, isAt, places } from './places.js';
import './session_dialog.js';

/** What stands around every page of those who are signed in: the sidebar, dialogs, notices. */
class Frame extends LightElement {
  static properties = {
    page: { attribute: false },
    path: {},
    drawer: { state: true },
  };

  #stores = new MultiStoreController(this, [$conversations, $notices, $user, $connection]);
  #stop = () => {};
  #singleKeys = new StoreController(this, $singleKeys);
  #listening = new AbortController();
  #search = debounce((/** @type {string} */ query) => void loadConversations(query), 200);

  constructor() {
    super();
    /** @type {Node | null} */
    this.page = null;
    this.path = '/';
    this.drawer = false;
  }

  connectedCallback() {
    super.connectedCallback();
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    document.addEventListener('keydown', (event) => this.#onKey(event), { signal });
    this.addEventListener('open-drawer', () => (this.drawer = true), { signal });
    this.#stop = resumeWhenBack();
    signal.addEventListener('abort', afterPaint(() => void loadConversations('')), { once: true });
    whenIdle(() => void loadCollections());
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#listening.abort();
    this.#stop();
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    if (changed.has('path')) this.drawer = false;
  }

  get #current() {
    return conversationAt(this.path);
  }

  render() {
    return html`
      <a class="skip-link" href="#main" @click=${this.#skip}>${t('frame.skip')}</a>
      <div class="frame ${this.drawer ? 'frame-drawer-open' : ''}">
        <div class="scrim" @click=${() => (this.drawer = false)}></div>
        <aside class="sidebar" id="sidebar" aria-label=${t('frame.sidebar')}>${this.#sidebar()}</aside>
        <main id="main" class="main" tabindex="-1">
          <lo-connection-banner .state=${this.#stores.values[3]} @check=${() => void checkConnection()}></lo-connection-banner>
          ${this.page}
        </main>
      </div>
      <lo-session-dialog></lo-session-dialog>
      <lo-key-commands .path=${this.path} @find-conversations=${this.#findConversations}></lo-key-commands>
      <lo-intake .path=${this.path}></lo-intake>
      <lo-notice-list
        .notices=${this.#stores.values[1]}
        @dismiss=${(/** @type {CustomEvent} */ { detail }) => dismissNotice(detail)}
        @left=${this.#toMain}
      ></lo-notice-list>
    `;
  }

  #sidebar() {
    const [, , user] = this.#stores.values;
    return html`
      <div class="sidebar-top">
        <a class="brand" href="/"><img src=${LOGO} width="28" height="28" alt="" />Like-Opt</a>
        <button type="button" class="icon-button drawer-close" aria-label=${t('frame.close_sidebar')} @click=${() => (this.drawer = false)}>
          <lo-icon name="close"></lo-icon>
        </button>
      </div>
      <nav class="sidebar-nav" aria-label=${t('frame.pages')}>
        ${places().map((place) => this.#link(place))}
        <button
          type="button"
          class="nav-link nav-button"
          aria-haspopup="dialog"
          aria-keyshortcuts=${ariaKeys('palette')}
          @pointerenter=${preloadPalette}
          @focus=${preloadPalette}
          @click=${() => this.emit('open-palette')}
        ><lo-icon name="command"></lo-icon>${t('palette.open')}${keyCaps('palette')}</button>
      </nav>
      ${this.#conversations()}
      <button
        type="button"
        class="account-button"
        aria-haspopup="dialog"
        @pointerenter=${preloadSettings}
        @focus=${preloadSettings}
        @click=${() => this.emit('open-settings')}
      >
        <span class="avatar" aria-hidden="true">${[...(user?.name ?? '?')][0]}</span>
        <span class="account-button-name">${user?.name}</span>
        <lo-icon name="settings"></lo-icon><span class="sr-only">${t('settings.title')}</span>
      </button>
    `;
  }

  #conversations() {
    const [{ items, state, query, cursor }] = this.#stores.values;
    return html`
      <search class="sidebar-search">
        <lo-icon name="search"></lo-icon>
        <input
          id="conversation-search"
          type="search"
          placeholder=${t('conversation.search')}
          aria-label=${t('conversation.search')}
          aria-keyshortcuts=${this.#singleKeys.value ? ariaKeys('conversations') : nothing}
          @input=${(/** @type {any} */ { target }) => this.#search(target.value.trim())}
        />
        ${this.#singleKeys.value ? html`<kbd aria-hidden="true">/</kbd>` : nothing}
      </search>
      <nav class="sidebar-list" aria-label=${t('conversation.list')}>
        <lo-conversation-list
          .conversations=${items}
          .current=${this.#current}
          .state=${state}
          .query=${query}
          .hasMore=${cursor !== null}
          .exportAddress=${exportAddress}
          @more=${() => void loadMoreConversations()}
          @rename=${(/** @type {CustomEvent} */ { detail: { id, title } }) => void changeConversation(id, { title })}
          @pin=${(/** @type {CustomEvent} */ { detail: { id, pinned } }) => void changeConversation(id, { pinned })}
          @delete-conversation=${this.#onDelete}
        ></lo-conversation-list>
      </nav>
    `;
  }

  /** @param {import('./places.js').Place} place */
  #link(place) {
    const current = isAt(place, this.path) ? 'page' : nothing;
    return html`<a class="nav-link" href=${place.path} aria-current=${current} @click=${() => (this.drawer = false)}>
      <lo-icon name=${place.icon}></lo-icon>${place.label}
    </a>`;
  }

  /** @param {CustomEvent<string>} event */
  #onDelete({ detail: id }) {
    deleteConversation(id);
    if ($conversations.get().items.length === 0) this.#toMain();
    if (id === this.#current) this.emit('navigate', { path: '/' });
  }

  /** @param {Event} event */
  #skip(event) {
    event.preventDefault();
    this.#toMain();
  }

  #toMain() {
    /** @type {HTMLElement} */ (this.querySelector('#main')).focus();
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const dialog = document.querySelector('dialog[open]'); // which Escape closes first
    if (event.key === 'Escape' && this.drawer && !dialog) this.drawer = false;
  }

  #findConversations() {
    this.drawer = true;
    /** @type {HTMLElement} */ (this.querySelector('#conversation-search')).focus();
  }
}

define('lo-frame', Frame);
