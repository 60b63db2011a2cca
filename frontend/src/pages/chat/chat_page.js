import './chat_page.css';

import { MultiStoreController } from '@nanostores/lit';
import { html } from 'lit';

import '../../components/answer_announcer.js';
import '../../components/composer.js';
import '../../components/model_badge.js';
import { pageHeader } from '../../components/page_header.js';
import { $openThread, openThread, readDraft, writeDraft } from '../../store/chat_threads.js';
import { $chosenCollection, $collections, chooseCollection } from '../../store/collections.js';
import { $conversations } from '../../store/conversations.js';
import { keepQuestion } from '../../store/coming_back.js';
import { $connection } from '../../store/connection.js';
import { notify } from '../../store/notices.js';
import { $about } from '../../store/session.js';
import { $openSource, closeSource } from '../../store/sources.js';
import { addFiles } from '../../store/uploads.js';
import { debounce } from '../../utils/debounce.js';
import { t } from '../../utils/i18n.js';
import { Lazy } from '../../utils/lazy.js';
import { define, LightElement } from '../../utils/light_element.js';
import { whenIdle } from '../../utils/when_idle.js';
import '../source/source_aside.js';
import './thread_view.js';

const tray = new Lazy(() => import(/* webpackChunkName: "outbox" */ './outbox_tray.js'));

/** A conversation: its messages, the composer, and the source that an answer leans on. */
class ChatPage extends LightElement {
  static properties = { params: { attribute: false } };

  #stores = new MultiStoreController(this, [$about, $collections, $chosenCollection, $openSource, $conversations]);
  #thread = $openThread.get();
  #unsubscribe = () => {};
  #listening = new AbortController();
  #saveDraft = debounce(writeDraft, 250);
  /** Whose draft stands in the composer. @type {string | null | undefined} */
  #draftOf = undefined;

  constructor() {
    super();
    /** @type {{id?: string}} */
    this.params = {};
  }

  connectedCallback() {
    super.connectedCallback();
    whenIdle(() => tray.load().catch(() => {}));
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    document.addEventListener('keydown', (event) => this.#onKey(event), { signal });
    addEventListener('pagehide', this.#saveDraft.flush, { signal });
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#listening.abort();
    this.#saveDraft.flush();
    this.#unsubscribe();
    closeSource();
  }

  get #composer() {
    return /** @type {import('../../components/composer.js').Composer} */ (this.querySelector('lo-composer'));
  }

  get #id() {
    return this.params.id ?? null;
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    if (!changed.has('params')) return;
    const thread = openThread(this.#id);
    if (thread === this.#thread && this.hasUpdated) return;
    closeSource();
    this.#unsubscribe();
    this.#thread = thread;
    this.#unsubscribe = thread.$state.listen(() => this.requestUpdate());
  }

  /** @param {Map<string, unknown>} changed */
  updated(changed) {
    const { id } = this.#thread;
    // The conversation has just begun: its address comes without a step back in the history.
    if (!this.#id && id) this.emit('navigate', { path: `/chat/${encodeURIComponent(id)}`, replace: true });
    if (changed.has('params')) void this.#restoreDraft();
  }

  async #restoreDraft() {
    const begun = this.#draftOf === null && this.#thread.$state.get().state === 'asking';
    if (this.#draftOf === this.#id) return;
    this.#draftOf = this.#id;
    await this.#composer.updateComplete;
    // The same conversation, now with an address: what has been typed since stays.
    if (!begun) this.#composer.setText(readDraft(this.#id));
    this.#goOnTyping();
  }

  /** What was pressed goes away while an answer comes: the focus must not go with it. */
  #goOnTyping() {
    if (matchMedia('(pointer: fine)').matches) this.#composer.focusText();
  }

  render() {
    const [, collections, collection, source] = this.#stores.values;
    const { messages, state } = this.#thread.$state.get();
    return html`
      <div class="chat ${source ? 'with-source' : ''}">
        <div class="chat-main">
          ${this.#header()}
          <lo-thread-view
            .thread=${this.#thread}
            .state=${this.#thread.$state.get()}
            @suggest=${(/** @type {CustomEvent} */ { detail }) => { this.#goOnTyping(); void this.#ask(detail); }}
            @again=${this.#goOnTyping}
            @edit=${this.#goOnTyping}
          ></lo-thread-view>
          <div class="chat-foot">
            <lo-upload-tray></lo-upload-tray>
            <lo-outbox-tray .thread=${this.#id} @taken-back=${this.#onTakenBack}></lo-outbox-tray>
            <lo-composer
              ?asking=${state === 'asking'}
              .collections=${collections}
              .collection=${collection}
              @draft=${(/** @type {CustomEvent} */ { detail }) => this.#saveDraft(this.#id, detail)}
              @ask=${(/** @type {CustomEvent} */ { detail }) => void this.#ask(detail)}
              @stop=${() => this.#thread.stop()}
              @attach=${this.#onFiles}
              @collection=${(/** @type {CustomEvent} */ { detail }) => chooseCollection(detail)}
            ></lo-composer>
            <p class="chat-caution">${t('chat.caution')}</p>
          </div>
        </div>
        <lo-source-aside></lo-source-aside>
      </div>
      <lo-answer-announcer .message=${messages.at(-1) ?? null}></lo-answer-announcer>
    `;
  }

  #header() {
    const [about, , , , { items }] = this.#stores.values;
    const title = items.find(({ id }) => id === this.#id)?.title || t('chat.new');
    document.title = `${title} · Like-Opt`;
    return pageHeader(title, () => this.emit('open-drawer'), html`
      <lo-model-badge .model=${about?.model} @explain=${() => this.emit('open-settings')}></lo-model-badge>
    `);
  }

  /** @param {string} text */
  async #ask(text) {
    const [, collections, collection] = this.#stores.values;
    const thread = this.#thread;
    const key = this.#id;
    this.#saveDraft.cancel();
    writeDraft(key, text); // until the server has taken it
    this.#composer.setText('');
    const collectionIds = collection && collections.length > 1 ? [collection] : undefined;
    if ($connection.get() !== 'online') return void this.#keep({ text, thread: key, collectionIds });
    const outcome = await thread.ask({ text, collectionIds }, () => writeDraft(key, ''));
    if (outcome === 'signed_out' && thread === this.#thread) this.#composer.setText(text);
  }

  /** @param {{text: string, thread: string | null, collectionIds?: string[]}} question */
  async #keep(question) {
    if (await keepQuestion(question)) writeDraft(question.thread, '');
    else {
      this.#composer.setText(question.text);
      notify({ text: t('outbox.full'), tone: 'bad' });
    }
  }

  /** @param {CustomEvent<string>} event a question that is not to be sent can be written anew */
  #onTakenBack({ detail }) {
    if (this.#composer.text === '') {
      this.#composer.setText(detail);
      writeDraft(this.#id, detail);
    }
    this.#composer.focusText();
  }

  /** @param {CustomEvent<File[]>} event */
  #onFiles({ detail }) {
    addFiles(detail);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    // The browser's own search looks only through what is in the page.
    if ((event.ctrlKey || event.metaKey) && event.key === 'f') void this.#thread.loadEarlier({ all: true });
    if (event.key !== 'Escape' || event.isComposing || event.defaultPrevented) return;
    if (document.querySelector('dialog[open], :popover-open')) return;
    if (this.#thread.$state.get().state === 'asking') this.#thread.stop();
    else if ($openSource.get()) closeSource();
  }
}

define('lo-chat-page', ChatPage);
