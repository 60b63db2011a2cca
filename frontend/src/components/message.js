import { html, nothing } from 'lit';

import { plainWords } from '../utils/answer_text.js';
import { t } from '../utils/i18n.js';
import { Lazy } from '../utils/lazy.js';
import { define, LightElement } from '../utils/light_element.js';
import './answer.js';
import './icon.js';
import { problemNote } from './problem_note.js';
import './question_editor.js';

/** @typedef {import('../shapes.js').Message} MessageShape */

const note = new Lazy(() => import(/* webpackChunkName: "feedback" */ './feedback_note.js'));

/**
 * One question or one answer. Emits `cite` ({n, mark, claim}), `copy`, `edit` (text), `again` and
 * `feedback` (1 or -1), and `comment` (text) with it; `last` and `earlier` messages can be changed and
 * asked again. One that is not `near` the screen is its text alone.
 */
class Message extends LightElement {
  static properties = {
    message: { attribute: false },
    last: { type: Boolean },
    earlier: { type: Boolean },
    busy: { type: Boolean },
    opened: { type: Number },
    openedMark: { type: Number },
    near: { type: Boolean },
    editing: { state: true },
    copied: { state: true },
    noting: { state: true },
  };

  constructor() {
    super();
    this.message = /** @type {MessageShape} */ (/** @type {unknown} */ (null));
    this.last = false;
    /** Whether what follows would have to go for it to be asked again. */
    this.earlier = false;
    this.busy = false;
    /** @type {number | null} */
    this.opened = null;
    /** Which of its numbers was clicked, from 0. @type {number | null} */
    this.openedMark = null;
    this.near = false;
    this.editing = false;
    this.copied = false;
    /** The thumb that a word is asked for. @type {1 | -1 | null} */
    this.noting = null;
  }

  get #changeable() {
    return this.earlier || (this.last && !this.busy);
  }

  /** Whether it must stay drawn wherever it is. */
  get held() {
    const { status } = this.message;
    return this.last || this.editing || this.noting !== null || status === 'sending' || status === 'streaming';
  }

  render() {
    const { role, status } = this.message;
    return html`
      <article
        class="message message-${role}"
        data-testid="message"
        data-role=${role}
        data-status=${status}
        aria-busy=${status === 'sending' || status === 'streaming'}
        aria-label=${t(`message.${role}`)}
      >
        ${this.near ? this.#whole() : html`<p class="message-plain">${plainWords(this.message.text)}</p>`}
      </article>
    `;
  }

  #whole() {
    return this.message.role === 'user' ? this.#question() : this.#answer();
  }

  #question() {
    if (this.editing) {
      return html`<lo-question-editor
        .text=${this.message.text}
        @save=${this.#onSave}
        @cancel=${this.#leaveEditor}
      ></lo-question-editor>`;
    }
    return html`
      <p class="question">${this.message.text}</p>
      <div class="message-actions">
        ${this.#action('copy', this.copied ? 'check' : 'copy', t(this.copied ? 'action.copied' : 'message.copy_question'), () => this.#copy())}
        ${this.#changeable
          ? this.#action('edit', 'pencil', t('message.edit'), () => void this.edit())
          : nothing}
      </div>
    `;
  }

  #answer() {
    const { text, status, sources, citations } = this.message;
    const waiting = text === '' && (status === 'sending' || status === 'streaming');
    return html`
      ${waiting ? this.#skeleton() : nothing}
      <lo-answer
        class="answer ${status === 'streaming' ? 'answer-growing' : ''}"
        .text=${text}
        ?growing=${status === 'streaming'}
        .sources=${sources}
        .citations=${citations}
        .openedMark=${this.openedMark}
      ></lo-answer>
      ${status === 'stopped' ? html`<p class="message-note">${t('message.stopped')}</p>` : nothing}
      ${status === 'failed' ? this.#problem() : nothing}
      ${status === 'complete' || status === 'stopped'
        ? html`<lo-source-chips .sources=${sources} .citations=${citations} .opened=${this.opened}></lo-source-chips>`
        : nothing}
      ${status === 'sending' || status === 'streaming' ? nothing : this.#footer()}
    `;
  }

  #problem() {
    const { problem, text } = this.message;
    const again = this.last && !this.busy ? () => this.emit('again') : null;
    const label = t(problem?.error_code === 'STREAM_BROKEN' && text ? 'message.go_on' : 'action.retry');
    return problemNote(problem ?? { error_code: 'ANSWER_BROKEN', message: '' }, again, label);
  }

  #skeleton() {
    const { sources } = this.message;
    return html`
      <p class="message-note">
        ${sources.length > 0 ? t('message.reading', { count: sources.length }) : t('message.searching')}
      </p>
      <div class="skeleton-lines" aria-hidden="true"><i></i><i></i><i></i></div>
    `;
  }

  #footer() {
    const { text, feedback, comment, model, degraded, cached, citations } = this.message;
    const quoted = model === 'extractive' && citations.length > 0 ? t('message.quoted') : null;
    const author = model === 'extractive' ? quoted : model;
    return html`
      <div class="message-actions">
        ${text === ''
          ? nothing
          : html`
              ${this.#action('copy', this.copied ? 'check' : 'copy', t(this.copied ? 'action.copied' : 'message.copy'), () => this.#copy())}
              ${this.#action('good', 'thumbs-up', t('message.good'), () => this.#rate(1), feedback === 1)}
              ${this.#action('bad', 'thumbs-down', t('message.bad'), () => this.#rate(-1), feedback === -1)}
            `}
        ${this.#changeable
          ? this.#action('again', 'refresh', t('message.again'), () => this.emit('again'))
          : nothing}
        ${degraded.map((part) => html`<span class="badge badge-warn" data-testid="degraded">${t(`degraded.${part}`)}</span>`)}
        ${cached ? html`<span class="badge">${t('message.cached')}</span>` : nothing}
        ${cached && this.last && !this.busy
          ? html`<button type="button" class="link-button message-fresh" @click=${() => this.emit('again')}>${t('message.fresh')}</button>`
          : nothing}
        ${author ? html`<span class="message-model">${author}</span>` : nothing}
      </div>
      ${this.noting && this.noting === feedback
        ? html`<lo-feedback-note .value=${feedback} .comment=${comment} @close=${this.#leaveNote}></lo-feedback-note>`
        : nothing}
    `;
  }

  /**
   * @param {string} name
   * @param {string} icon
   * @param {string} label
   * @param {() => void} run
   * @param {boolean} [pressed]
   */
  #action(name, icon, label, run, pressed) {
    return html`<button
      type="button"
      class="icon-button action-${name}"
      aria-label=${label}
      title=${label}
      aria-pressed=${pressed ?? nothing}
      @click=${run}
    ><lo-icon name=${icon}></lo-icon></button>`;
  }

  /** @param {1 | -1} value */
  #rate(value) {
    this.noting = this.message.feedback === value ? null : value;
    note.load().catch(() => {}); // the thumb is given without a word
    this.emit('feedback', value);
  }

  #leaveNote() {
    const thumb = this.noting === 1 ? '.action-good' : '.action-bad';
    this.noting = null;
    /** @type {HTMLElement | null} */ (this.querySelector(thumb))?.focus();
  }

  #copy() {
    this.emit('copy-message');
    this.copied = true;
    setTimeout(() => (this.copied = false), 2000);
  }

  /** @param {string} [text] what had been written, where it could not be sent */
  async edit(text = this.message.text) {
    this.near = true;
    this.editing = true;
    await this.updateComplete;
    await /** @type {import('./question_editor.js').QuestionEditor} */ (this.querySelector('lo-question-editor')).begin(text);
  }

  async #leaveEditor() {
    this.editing = false;
    await this.updateComplete;
    /** @type {HTMLElement | null} */ (this.querySelector('.action-edit'))?.focus();
  }

  /** @param {CustomEvent<string>} event */
  #onSave({ detail }) {
    this.editing = false;
    this.emit('edit', detail);
  }
}

define('lo-message', Message);
