import { StoreController } from '@nanostores/lit';
import { html, nothing } from 'lit';

import '../../components/dialog.js';
import '../../components/passage_picker.js';
import { problemNote } from '../../components/problem_note.js';
import { $choice, searchPassages } from '../../store/passage_choice.js';
import { addQuestion, changeQuestion } from '../../store/test_questions.js';
import { t } from '../../utils/i18n.js';
import { define, LightElement } from '../../utils/light_element.js';
import { toProblem } from '../../utils/problem.js';

/** @typedef {import('../../components/passage_picker.js').Pick} Pick */
/** @typedef {import('../../evaluation_shapes.js').TestQuestion} TestQuestion */

const LONGEST = 2000;

/** Asks for a question and its right passages. Emits `close`. */
class QuestionDialog extends LightElement {
  static properties = {
    collection: {},
    question: { attribute: false },
    most: { type: Number },
    picked: { state: true },
    query: { state: true },
    busy: { state: true },
    problem: { state: true },
  };

  #choice = new StoreController(this, $choice);
  /** Whether other words than the question's were searched for. */
  #own = false;

  constructor() {
    super();
    this.collection = '';
    /** The one to change. @type {TestQuestion | null} */
    this.question = null;
    this.most = 20;
    /** @type {Pick[]} */
    this.picked = [];
    this.query = '';
    this.busy = false;
    /** @type {import('../../shapes.js').Problem | null} */
    this.problem = null;
  }

  connectedCallback() {
    super.connectedCallback();
    void searchPassages(this.collection, '');
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    if (!changed.has('question') || !this.question) return;
    this.picked = this.question.passages.flatMap(({ passage_id: id, title, text }) => (id === null ? [] : [{ id, title, text }]));
    this.query = this.question.text;
    void searchPassages(this.collection, this.query);
  }

  /** Whole documents, as an import brings them, stay as they are unless passages are picked instead. */
  get #keepsWhole() {
    return this.picked.length === 0 && (this.question?.passages.some(({ whole }) => whole) ?? false);
  }

  render() {
    const label = t(this.question ? 'evaluate.question.change' : 'evaluate.question.add');
    const { hits, state, problem } = this.#choice.value;
    const ready = this.picked.length > 0 || this.#keepsWhole;
    return html`<lo-dialog
      class="question-dialog"
      .open=${true}
      .heading=${label}
      .content=${html`
        <form class="form" @submit=${(/** @type {SubmitEvent} */ event) => void this.#onSubmit(event)}>
          <label class="field">
            <span>${t('evaluate.question.text')}</span>
            <input
              name="text"
              required
              maxlength=${LONGEST}
              autocomplete="off"
              autofocus
              .value=${this.question?.text ?? ''}
              @change=${(/** @type {any} */ { target }) => this.#asked(target.value)}
            />
          </label>
          <lo-passage-picker
            .hits=${hits}
            .picked=${this.picked}
            .query=${this.query}
            .busy=${state === 'loading'}
            .most=${this.most}
            @search=${(/** @type {CustomEvent<string>} */ { detail }) => this.#search(detail)}
            @pick=${(/** @type {CustomEvent<Pick[]>} */ { detail }) => (this.picked = detail)}
          ></lo-passage-picker>
          ${state === 'failed' && problem ? problemNote(problem) : nothing}
          ${this.#keepsWhole ? html`<p class="run-note">${t('evaluate.question.keeps_whole')}</p>` : nothing}
          ${this.problem ? problemNote(this.problem) : nothing}
          <div class="form-actions">
            <button type="button" class="button button-quiet" @click=${() => this.emit('close')}>${t('action.cancel')}</button>
            <button class="button button-primary" ?disabled=${this.busy || !ready}>${t('evaluate.question.save')}</button>
          </div>
        </form>
      `}
    ></lo-dialog>`;
  }

  /** @param {string} text the question itself is searched for first */
  #asked(text) {
    if (this.#own || !text.trim()) return;
    this.query = text.trim();
    void searchPassages(this.collection, this.query);
  }

  /** @param {string} query */
  #search(query) {
    this.#own = true;
    this.query = query;
    void searchPassages(this.collection, query.trim());
  }

  /** Closed by itself, the dialog gives the focus back; nothing is to be drawn until it tells so. */
  #leave() {
    this.querySelector('dialog')?.close();
  }

  /** @param {SubmitEvent} event */
  async #onSubmit(event) {
    event.preventDefault();
    const text = String(new FormData(/** @type {HTMLFormElement} */ (event.target)).get('text')).trim();
    if (!text || this.busy || (this.picked.length === 0 && !this.#keepsWhole)) return;
    this.busy = true;
    this.problem = null;
    const passages = this.picked.map(({ id }) => id);
    try {
      if (this.question) await changeQuestion(this.question.id, text, this.#keepsWhole ? undefined : passages);
      else await addQuestion(this.collection, text, passages);
      this.#leave();
    } catch (error) {
      this.problem = toProblem(error);
      this.busy = false;
    }
  }
}

define('lo-question-dialog', QuestionDialog);
