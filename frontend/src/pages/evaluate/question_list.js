import { StoreController } from '@nanostores/lit';
import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import '../../components/icon.js';
import '../../components/menu.js';
import { problemNote } from '../../components/problem_note.js';
import { rightPassages } from '../../components/right_passages.js';
import { notify, notifyProblem } from '../../store/notices.js';
import {
  $questions, addQuestion, findQuestions, loadOverview, moreQuestions, reloadQuestions, removeQuestion,
  watchWaiting,
} from '../../store/test_questions.js';
import { debounce } from '../../utils/debounce.js';
import { t } from '../../utils/i18n.js';
import { keepFocus } from '../../utils/keep_focus.js';
import { define, LightElement } from '../../utils/light_element.js';
import './question_dialog.js';

/** @typedef {import('../../evaluation_shapes.js').TestQuestion} TestQuestion */

/** The test questions of a collection. */
class QuestionList extends LightElement {
  static properties = {
    collection: {},
    overview: { attribute: false },
    editing: { state: true },
  };

  #list = new StoreController(this, $questions);
  #unwatch = () => {};
  #query = '';
  #find = debounce((/** @type {string} */ query) => {
    this.#query = query.trim();
    void findQuestions(this.collection, this.#query);
  }, 250);

  constructor() {
    super();
    this.collection = '';
    this.overview = /** @type {import('../../evaluation_shapes.js').EvaluationOverview} */ (/** @type {unknown} */ (null));
    /** What the dialog is about. @type {TestQuestion | 'new' | null} */
    this.editing = null;
  }

  connectedCallback() {
    super.connectedCallback();
    this.#unwatch = watchWaiting();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#unwatch();
    this.#find.cancel();
    if (this.#query) void findQuestions(this.collection, '');
  }

  render() {
    const { items, next, state, problem } = this.#list.value;
    return html`
      <section class="evaluate-card" aria-labelledby="questions-heading">
        <div class="evaluate-head">
          <h2 id="questions-heading">${t('evaluate.view.questions')}</h2>
          <button type="button" class="button button-primary" @click=${() => (this.editing = 'new')}>
            <lo-icon name="plus"></lo-icon>${t('evaluate.question.add')}
          </button>
        </div>
        ${this.overview.questions > 5 || this.#query ? this.#filter() : nothing}
        ${state === 'failed' && problem ? problemNote(problem, () => void reloadQuestions()) : nothing}
        ${state === 'loading' && items.length === 0
          ? html`<div class="skeleton-rows" aria-hidden="true"><i></i><i></i><i></i></div>`
          : nothing}
        ${state === 'idle' && items.length === 0
          ? html`<p class="run-note">${t(this.#query ? 'evaluate.question.none_found' : 'evaluate.question.none')}</p>`
          : nothing}
        <ul class="questions" aria-busy=${state === 'loading'}>
          ${repeat(items, ({ id }) => id, (question) => this.#question(question))}
        </ul>
        ${next
          ? html`<button type="button" class="button button-wide" @click=${() => void moreQuestions()}>${t('evaluate.more')}</button>`
          : nothing}
      </section>
      ${this.editing
        ? html`<lo-question-dialog
            .collection=${this.collection}
            .question=${this.editing === 'new' ? null : this.editing}
            .most=${this.overview.limits.passages}
            @close=${() => (this.editing = null)}
          ></lo-question-dialog>`
        : nothing}
    `;
  }

  #filter() {
    return html`<label class="field filter">
      <span class="sr-only">${t('evaluate.question.search')}</span>
      <input
        type="search"
        autocomplete="off"
        placeholder=${t('evaluate.question.search')}
        @input=${(/** @type {any} */ { target }) => this.#find(target.value)}
      />
    </label>`;
  }

  /** @param {TestQuestion} question */
  #question(question) {
    return html`<li class="question" data-testid="question">
      <div class="question-main">
        <p class="question-text" lang=${question.language}>${question.text}</p>
        <p class="question-source">
          <span class="badge">${t(`evaluate.source.${question.source}`)}</span>
          ${question.waits ? html`<span class="badge">${t('evaluate.waits')}</span>` : nothing}
          ${question.lost ? html`<span class="badge badge-warn">${t('evaluate.lost')}</span>` : nothing}
        </p>
        ${rightPassages(question.passages)}
      </div>
      <lo-menu .label=${t('evaluate.question.menu', { text: question.text })} .items=${this.#menu(question)}></lo-menu>
    </li>`;
  }

  /** @param {TestQuestion} question */
  #menu(question) {
    return [
      { label: t('evaluate.question.change'), icon: 'pencil', run: () => (this.editing = question) },
      { label: t('evaluate.question.delete'), icon: 'trash', danger: true, run: () => void this.#remove(question) },
    ];
  }

  /** @param {TestQuestion} question it can be brought back while its passages are there */
  async #remove(question) {
    try {
      await removeQuestion(question);
      await this.updateComplete;
      keepFocus(this, 'lo-menu button, .button-primary');
      const ids = question.passages.flatMap(({ passage_id: id }) => (id === null ? [] : [id]));
      const whole = question.passages.some((passage) => passage.whole);
      notify({
        text: t('evaluate.question.deleted'),
        ...(ids.length > 0 && !whole
          ? { action: { label: t('action.undo'), run: () => void addQuestion(this.collection, question.text, ids).catch(notifyProblem) } }
          : {}),
      });
    } catch (error) {
      notifyProblem(error);
      void loadOverview(this.collection);
    }
  }
}

define('lo-question-list', QuestionList);
