import './palette.css';

import { MultiStoreController } from '@nanostores/lit';
import { html } from 'lit';
import { createRef, ref } from 'lit/directives/ref.js';

import '../../components/command_box.js';
import { $anything, findAnything } from '../../store/anything.js';
import { $conversations } from '../../store/conversations.js';
import { $language, $theme } from '../../store/preferences.js';
import { debounce } from '../../utils/debounce.js';
import { formatDate } from '../../utils/format.js';
import { t } from '../../utils/i18n.js';
import { define, LightElement } from '../../utils/light_element.js';
import { searchAddress } from '../../utils/search_address.js';
import { matchesWords } from '../../utils/word_match.js';
import { conversationAt } from '../frame/places.js';
import { actions, goTo } from './commands.js';
import './words.js';

/** @typedef {import('./commands.js').Action} Action */
/** @typedef {{id: string, label: string, commands: Action[]}} Group */

const RECENT = 5;

/** Everything that can be gone to or done, by typing. Emits `close`, `navigate`, and what it is asked to open. */
class Palette extends LightElement {
  static properties = { path: {}, query: { state: true } };

  #stores = new MultiStoreController(this, [$anything, $conversations, $language, $theme]);
  #find = debounce((/** @type {string} */ query) => void findAnything(query), 150);
  #dialog = createRef();

  constructor() {
    super();
    this.path = '/';
    this.query = '';
  }

  get #element() {
    return /** @type {HTMLDialogElement} */ (this.#dialog.value);
  }

  async firstUpdated() {
    // A dialog focuses what is in it when it opens: the field has to be there by then.
    await /** @type {import('../../components/command_box.js').CommandBox} */ (this.querySelector('lo-command-box')).updateComplete;
    this.#element.showModal();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#find.cancel();
    void findAnything('');
  }

  /** The focus goes back to where it was. */
  close() {
    this.#element.close();
    this.emit('close');
  }

  render() {
    const [{ state }] = this.#stores.values;
    return html`<dialog
      ${ref(this.#dialog)}
      class="dialog palette"
      aria-label=${t('palette.title')}
      @close=${this.#onClose}
      @click=${this.#onClick}
    >
      <lo-command-box
        .groups=${this.#groups().filter(({ commands }) => commands.length > 0)}
        .note=${state === 'failed' ? t('palette.failed') : ''}
        @typed=${(/** @type {CustomEvent} */ { detail }) => this.#onTyped(detail)}
        @choose=${(/** @type {CustomEvent} */ { detail }) => this.#choose(detail)}
      ></lo-command-box>
    </dialog>`;
  }

  /** @returns {Group[]} */
  #groups() {
    const { query } = this;
    const does = actions(conversationAt(this.path)).filter((action) => !query || matchesWords(query, `${action.label} ${action.words}`));
    const goes = goTo().filter(({ label, words }) => !query || matchesWords(query, `${label} ${words}`));
    const [{ conversations, documents }, list] = this.#stores.values;
    const chats = query ? conversations : list.query === '' ? list.items.slice(0, RECENT) : [];
    return [
      { id: 'go', label: t('palette.go'), commands: goes },
      ...(query ? [] : [this.#chats(t('palette.recent'), chats)]),
      { id: 'do', label: t('palette.do'), commands: does },
      ...(query ? [this.#passages(query), this.#chats(t('conversation.list'), chats), this.#documents(documents)] : []),
    ];
  }

  /** @param {string} query @returns {Group} */
  #passages(query) {
    return {
      id: 'passages',
      label: t('search.title'),
      commands: [{ id: 'passages', icon: 'search', label: t('palette.passages', { query }), path: searchAddress({ query }) }],
    };
  }

  /** @param {string} label @param {import('../../shapes.js').Conversation[]} conversations @returns {Group} */
  #chats(label, conversations) {
    return {
      id: 'chats',
      label,
      commands: conversations.map(({ id, title, updated_at: updated }) => ({
        id: `chat:${id}`,
        icon: 'chat',
        label: title || t('conversation.untitled'),
        detail: formatDate(updated),
        path: `/chat/${encodeURIComponent(id)}`,
      })),
    };
  }

  /** @param {import('../../shapes.js').Document[]} documents @returns {Group} */
  #documents(documents) {
    return {
      id: 'documents',
      label: t('documents.title'),
      commands: documents.map(({ id, title, filename }) => ({
        id: `document:${id}`,
        icon: 'file',
        label: title,
        detail: filename === title ? undefined : filename,
        path: `/documents/${encodeURIComponent(id)}`,
      })),
    };
  }

  /** @param {string} text */
  #onTyped(text) {
    this.query = text.trim();
    this.#find(this.query);
  }

  /** @param {string} id */
  #choose(id) {
    const action = this.#groups().flatMap(({ commands }) => commands).find((command) => command.id === id);
    if (!action) return;
    // The focus goes back first: where the action leads may then take it.
    const { parentNode } = this;
    this.close();
    const { path, event, run } = action;
    /** @param {string} name @param {unknown} [detail] */
    const tell = (name, detail) => parentNode?.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
    if (path) tell('navigate', { path });
    else if (event) tell(event);
    else run?.();
  }

  /** @param {Event} event */
  #onClose(event) {
    event.stopPropagation();
    // Its own event comes late: by then another palette may be open in its place.
    if (this.isConnected) this.emit('close');
  }

  /** @param {MouseEvent} event a click beside it leaves it */
  #onClick(event) {
    if (event.target === this.#element) this.close();
  }
}

define('lo-palette', Palette);
