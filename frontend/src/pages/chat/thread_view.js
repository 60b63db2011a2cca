import { StoreController } from '@nanostores/lit';
import { html, nothing } from 'lit';

import { loadAnswerBlocks } from '../../components/answer.js';
import '../../components/message_list.js';
import { problemNote } from '../../components/problem_note.js';
import { exportAddress } from '../../store/conversations.js';
import { messagesAfter } from '../../store/exchanges.js';
import { explainMissing } from '../../store/page_version.js';
import { $openSource, openSource } from '../../store/sources.js';
import { t } from '../../utils/i18n.js';
import { Lazy } from '../../utils/lazy.js';
import { define, LightElement } from '../../utils/light_element.js';
import { whenIdle } from '../../utils/when_idle.js';
import './welcome.js';

/** @typedef {import('../../shapes.js').Message} Message */
/** @typedef {import('../../store/chat_thread.js').ChatThread} ChatThread */
/** @typedef {import('../../store/chat_thread.js').Thread} Thread */

const dialog = new Lazy(() => import(/* webpackChunkName: "replacing" */ './replace_dialog.js'));
/** It has come with what draws answers. */
const copying = new Lazy(() => import(/* webpackChunkName: "markdown" */ '../../utils/copy_answer.js'));

/** What stands above the composer: the messages, or a welcome, or why there is nothing. */
class ThreadView extends LightElement {
  static properties = {
    thread: { attribute: false },
    state: { attribute: false },
    drawable: { state: true },
    replacing: { state: true },
  };

  #source = new StoreController(this, $openSource);

  constructor() {
    super();
    this.thread = /** @type {ChatThread} */ (/** @type {unknown} */ (null));
    this.state = /** @type {Thread} */ (/** @type {unknown} */ (null));
    // Answers that appear before their Markdown can be drawn would push everything down.
    this.drawable = false;
    /** What is asked before messages go. @type {{going: Message[], settle: (may: boolean) => void} | null} */
    this.replacing = null;
  }

  connectedCallback() {
    super.connectedCallback();
    if (this.state.id) void this.#prepare();
    else whenIdle(() => void this.#prepare());
  }

  async #prepare() {
    await loadAnswerBlocks().catch(() => {});
    this.drawable = true;
  }

  render() {
    const { messages, state, problem } = this.state;
    if (state === 'failed' && problem) return this.#problem(problem);
    if (messages.length > 0 && (this.drawable || state === 'asking')) return this.#messages(messages);
    if (state === 'idle' && messages.length === 0) return html`<lo-welcome></lo-welcome>`;
    return html`<div class="messages" aria-busy="true">
      <div class="messages-column" aria-hidden="true">
        <div class="skeleton-question"></div>
        <div class="skeleton-lines"><i></i><i></i><i></i><i></i></div>
      </div>
    </div>`;
  }

  /** @param {import('../../shapes.js').Problem} problem */
  #problem(problem) {
    const gone = problem.error_code === 'CONVERSATION_NOT_FOUND';
    return html`<div class="page-message">
      ${problemNote(problem, gone ? null : () => void this.thread.load())}
      ${gone ? html`<a class="button" href="/">${t('frame.new_chat')}</a>` : nothing}
    </div>`;
  }

  /** @param {Message[]} messages */
  #messages(messages) {
    const source = this.#source.value;
    return html`<lo-message-list
      .messages=${messages}
      .thread=${this.thread.id}
      ?busy=${this.state.state === 'asking'}
      ?hasEarlier=${this.state.earlier !== null}
      .reading=${this.state.reading}
      .opened=${source ? { messageId: source.message_id, n: source.source.n, mark: source.mark ?? null } : null}
      @earlier=${(/** @type {CustomEvent} */ { detail }) => void this.thread.loadEarlier(detail)}
      @cite=${this.#onCite}
      @copy-message=${this.#onCopy}
      @feedback=${this.#onFeedback}
      @comment=${this.#onComment}
      @edit=${this.#onEdit}
      @again=${this.#onAgain}
    ></lo-message-list>
    ${this.replacing ? this.#replaceDialog(this.replacing) : nothing}`;
  }

  /** @param {{going: Message[], settle: (may: boolean) => void}} asked */
  #replaceDialog({ going, settle }) {
    return html`<lo-replace-dialog
      .going=${going}
      .address=${exportAddress(this.thread.id ?? '', 'md')}
      @close=${() => settle(false)}
      @replace=${() => settle(true)}
    ></lo-replace-dialog>`;
  }

  /** @param {Message[]} going @returns {Promise<boolean>} whether they may */
  async #mayReplace(going) {
    try {
      await dialog.load();
    } catch {
      void explainMissing();
      return false;
    }
    const may = await new Promise((settle) => (this.replacing = { going, settle }));
    this.replacing = null;
    return may;
  }

  /** @param {Event} event */
  async #onAgain(event) {
    const { id } = this.#messageOf(event);
    const going = messagesAfter(this.state.messages, id);
    if (going.length === 0) await this.thread.askAgain();
    else if (await this.#mayReplace(going)) await this.thread.askFrom(id);
  }

  /** @param {Event} event @returns {Message} the message that an event came from */
  #messageOf({ target }) {
    const element = /** @type {HTMLElement} */ (target).closest('lo-message');
    return /** @type {HTMLElement & {message: Message}} */ (element).message;
  }

  /** @param {CustomEvent<string>} event */
  async #onEdit(event) {
    const { id } = this.#messageOf(event);
    if (await this.#edited(id, event.detail)) return;
    // Not now, or the session had ended: the words are there again to be sent.
    await this.updateComplete;
    const list = /** @type {import('../../utils/light_element.js').LightElement | null} */ (this.querySelector('lo-message-list'));
    await list?.updateComplete;
    const question = this.querySelector(`[data-message-id="${CSS.escape(id)}"]`);
    await /** @type {any} */ (question)?.edit(event.detail);
  }

  /** @param {string} id @param {string} text @returns {Promise<boolean>} whether the words have gone */
  async #edited(id, text) {
    const going = messagesAfter(this.state.messages, id);
    if (going.length === 0) return (await this.thread.editLast(text)) !== 'signed_out';
    if (this.state.state === 'asking' || !(await this.#mayReplace(going))) return false;
    return (await this.thread.askFrom(id, text)) !== 'signed_out';
  }

  /** @param {CustomEvent<import('../../shapes.js').Cited>} event */
  #onCite(event) {
    void openSource(this.#messageOf(event), event.detail);
  }

  /** @param {Event} event */
  #onCopy(event) {
    const message = this.#messageOf(event);
    void copying.load().then(({ copyAnswer }) => copyAnswer(message));
  }

  /** @param {CustomEvent<1 | -1>} event */
  #onFeedback(event) {
    void this.thread.ratings.rate(this.#messageOf(event).id, event.detail);
  }

  /** @param {CustomEvent<string>} event */
  #onComment(event) {
    void this.thread.ratings.say(this.#messageOf(event).id, event.detail);
  }
}

define('lo-thread-view', ThreadView);
