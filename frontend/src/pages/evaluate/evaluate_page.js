import '../../styles/column_page.css';
import './evaluate_page.css';
import './words.js';

import { MultiStoreController } from '@nanostores/lit';
import { html, nothing } from 'lit';

import { pageHeader } from '../../components/page_header.js';
import { problemNote } from '../../components/problem_note.js';
import { $collections, loadCollections } from '../../store/collections.js';
import { clearRuns, loadRuns, watchRuns } from '../../store/evaluation_runs.js';
import { $session, $user } from '../../store/session.js';
import { $offers, $overview, $questions, closeEvaluation, loadOverview, openEvaluation } from '../../store/test_questions.js';
import { collectionLabel } from '../../utils/collection_label.js';
import { t } from '../../utils/i18n.js';
import { keepFocus } from '../../utils/keep_focus.js';
import { define, LightElement } from '../../utils/light_element.js';
import './compare_view.js';
import './import_dialog.js';
import './offer_list.js';
import './question_list.js';

const VIEWS = /** @type {const} */ (['compare', 'questions', 'offers']);
/** @typedef {typeof VIEWS[number]} View */

/** Test questions, and how settings of search do on them: for administrators. The address says of which collection. */
class EvaluatePage extends LightElement {
  static properties = { params: { attribute: false }, importing: { state: true } };

  #stores = new MultiStoreController(this, [$collections, $overview, $questions, $offers, $user, $session]);
  /** What is being shown. @type {string | null} */
  #opened = null;
  #unwatch = () => {};

  constructor() {
    super();
    this.params = {};
    this.importing = false;
  }

  connectedCallback() {
    super.connectedCallback();
    void loadCollections();
    this.requestUpdate();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#open(null);
  }

  get #allowed() {
    return this.#stores.values[4]?.role === 'administrator';
  }

  /** The collection that the address names, or else the first. */
  get #collection() {
    const [collections] = this.#stores.values;
    const named = new URLSearchParams(location.search).get('collection');
    return collections.find(({ id }) => id === named) ?? collections[0] ?? null;
  }

  /** @returns {View} */
  get #view() {
    const named = /** @type {View} */ (new URLSearchParams(location.search).get('view'));
    return VIEWS.includes(named) ? named : 'compare';
  }

  updated() {
    // Whoever has to sign in again is not asked for anything meanwhile.
    const session = this.#stores.values[5];
    if (!this.isConnected || !this.#allowed || session !== 'signed_in') this.#open(null);
    else if (this.#collection) this.#open(this.#collection.id);
  }

  /** @param {string | null} collection */
  #open(collection) {
    if (collection === this.#opened) return;
    this.#unwatch();
    this.#opened = collection;
    if (collection === null) {
      closeEvaluation();
      clearRuns();
      this.#unwatch = () => {};
      return;
    }
    void openEvaluation(collection);
    void loadRuns(collection);
    this.#unwatch = watchRuns();
  }

  render() {
    document.title = `${t('evaluate.title')} · Like-Opt`;
    return html`
      <div class="column-page evaluate">
        ${pageHeader(t('evaluate.title'), () => this.emit('open-drawer'))}
        ${this.#allowed ? this.#page() : this.#refusal()}
      </div>
    `;
  }

  #refusal() {
    return html`
      <div class="page-message" data-testid="refusal">
        <h2>${t('evaluate.refused')}</h2>
        <p>${t('evaluate.refused_lead')}</p>
        <a class="button button-primary" href="/">${t('evaluate.refused_back')}</a>
      </div>
    `;
  }

  #page() {
    const collection = this.#collection;
    const [, { overview, problem }] = this.#stores.values;
    return html`
      <div class="column-page-scroll">
        <div class="column-page-column">
          ${this.#bar(collection)}
          ${problem && collection ? problemNote(problem, () => void loadOverview(collection.id)) : nothing}
          ${overview && collection ? this.#shown(collection.id, overview) : skeleton()}
        </div>
      </div>
      ${this.importing
        ? html`<lo-import-dialog
            .limits=${overview?.limits ?? null}
            @close=${() => (this.importing = false)}
            @imported=${(/** @type {CustomEvent<string>} */ { detail }) => void this.#onImported(detail)}
          ></lo-import-dialog>`
        : nothing}
    `;
  }

  /** @param {import('../../shapes.js').Collection | null} chosen */
  #bar(chosen) {
    const [collections, { overview }, , { items: offers, next }] = this.#stores.values;
    /** @type {Record<View, string>} */
    const counts = {
      compare: '',
      questions: overview ? ` (${overview.questions})` : '',
      offers: offers.length > 0 ? ` (${offers.length}${next ? '+' : ''})` : '',
    };
    return html`
      <div class="evaluate-bar">
        <label class="field-inline">
          <span class="sr-only">${t('collection.label')}</span>
          <select
            aria-label=${t('collection.label')}
            @change=${(/** @type {any} */ { target }) => this.#go({ collection: target.value })}
          >
            ${collections.map((item) => html`<option value=${item.id} ?selected=${item.id === chosen?.id}>${collectionLabel(item)}</option>`)}
          </select>
        </label>
        <fieldset class="evaluate-views">
          <legend class="sr-only">${t('evaluate.view')}</legend>
          <div class="segments">
            ${VIEWS.map((view) => html`<label class="segment">
              <input
                type="radio"
                class="sr-only"
                name="evaluate-view"
                value=${view}
                .checked=${view === this.#view}
                @change=${() => this.#go({ view })}
              />${t(`evaluate.view.${view}`)}${counts[view]}
            </label>`)}
          </div>
        </fieldset>
        <button type="button" class="button" @click=${() => (this.importing = true)}>
          <lo-icon name="upload"></lo-icon>${t('evaluate.import')}
        </button>
      </div>
    `;
  }

  /** @param {string} collection @param {import('../../evaluation_shapes.js').EvaluationOverview} overview */
  #shown(collection, overview) {
    if (this.#view === 'questions') {
      return html`<lo-question-list .collection=${collection} .overview=${overview}></lo-question-list>`;
    }
    if (this.#view === 'offers') {
      return html`<lo-offer-list .collection=${collection} .shared=${overview.offered_questions === 'shared'}></lo-offer-list>`;
    }
    return html`<lo-compare-view
      .collection=${collection}
      .overview=${overview}
      @view=${(/** @type {CustomEvent<View>} */ { detail }) => this.#go({ view: detail })}
      @import=${() => (this.importing = true)}
    ></lo-compare-view>`;
  }

  /** @param {string} collection */
  async #onImported(collection) {
    this.#go({ collection, view: 'questions' });
    await this.updateComplete;
    keepFocus(this, 'select');
  }

  /** @param {{collection?: string, view?: View}} change */
  #go({ collection = this.#collection?.id ?? '', view = this.#view }) {
    const fields = new URLSearchParams({ collection, view });
    this.emit('navigate', { path: `/evaluate?${fields}`, replace: true });
    this.requestUpdate();
  }
}

function skeleton() {
  return html`<div class="evaluate-card" aria-busy="true">
    <p class="sr-only" role="status">${t('evaluate.loading')}</p>
    <div class="skeleton-lines" aria-hidden="true"><i></i><i></i><i></i></div>
  </div>`;
}

define('lo-evaluate-page', EvaluatePage);
