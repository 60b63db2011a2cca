import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import '../../components/passage_hit.js';
import { problemNote } from '../../components/problem_note.js';
import { readDraft, writeDraft } from '../../store/chat_threads.js';
import { $chosenCollection, chooseCollection } from '../../store/collections.js';
import { search } from '../../store/search.js';
import { openHit } from '../../store/sources.js';
import { t } from '../../utils/i18n.js';
import { define, LightElement } from '../../utils/light_element.js';
import { nextCount } from '../../utils/search_address.js';
import { searchHints, nothingFound } from './search_hints.js';
import { searchSummary } from './search_summary.js';

/** @typedef {import('../../shapes.js').Hit} Hit */
/** @typedef {import('../../store/search.js').Found} Found */

/**
 * What was found, or why there is nothing. Emits `change-search`, `more` (how many), `settled` when
 * a result is chosen, and `up` when the arrow leads out of the results.
 */
export class SearchResults extends LightElement {
  static properties = {
    found: { attribute: false },
    opened: { type: Number },
    empty: { type: Boolean },
  };

  constructor() {
    super();
    this.found = /** @type {Found} */ (/** @type {unknown} */ (null));
    /** The number of the result that stands beside. @type {number | null} */
    this.opened = null;
    this.empty = false;
  }

  get #hits() {
    return this.found.result?.hits ?? [];
  }

  render() {
    const { asked, result, state, problem } = this.found;
    const known = state === 'idle' ? result : null;
    return html`
      <div role="status" class="search-status">${result && asked ? searchSummary(result, asked.count) : nothing}</div>
      ${state === 'failed' && problem && asked ? problemNote(problem, () => void search(asked)) : nothing}
      ${asked ? nothing : searchHints(this.empty)}
      ${asked && state === 'loading' && this.#hits.length === 0 ? this.#skeleton() : nothing}
      ${asked && known?.hits.length === 0
        ? nothingFound(asked, (change) => this.emit('change-search', change))
        : nothing}
      ${this.#hits.length > 0 ? this.#list() : nothing}
    `;
  }

  #skeleton() {
    return html`<div class="hits" aria-hidden="true">
      ${[1, 2, 3].map(() => html`<div class="hit"><div class="hit-main skeleton-lines"><i></i><i></i><i></i></div></div>`)}
    </div>`;
  }

  #list() {
    const { asked, result, state } = this.found;
    const both = asked?.mode === 'hybrid' && result?.degraded.length === 0;
    return html`
      <ol
        class="hits"
        aria-label=${t('search.results')}
        aria-busy=${state === 'loading'}
        @keydown=${this.#onKey}
        @open-hit=${this.#onOpen}
        @ask-about=${this.#onAsk}
      >
        ${repeat(this.#hits, ({ passage_id: id }) => id, (hit, index) => html`<li>
          <lo-passage-hit .hit=${hit} .n=${index + 1} ?opened=${this.opened === index + 1} ?both=${both}></lo-passage-hit>
        </li>`)}
      </ol>
      ${this.#more()}
    `;
  }

  #more() {
    const { asked, state } = this.found;
    const count = asked ? nextCount(Math.max(asked.count, this.#hits.length)) : null;
    if (!count || this.#hits.length < (asked?.count ?? 0)) return nothing;
    return html`<button
      type="button"
      class="button button-wide"
      aria-disabled=${state === 'loading'}
      @click=${() => state === 'idle' && this.emit('more', count)}
    >${t('search.more')}</button>`;
  }

  focusFirst() {
    this.#focus(0);
  }

  /** @param {number} index @returns {boolean} whether there is such a result */
  #focus(index) {
    const titles = /** @type {NodeListOf<HTMLElement>} */ (this.querySelectorAll('.hit-open'));
    const title = index < 0 ? null : titles[Math.min(index, titles.length - 1)];
    title?.focus({ preventScroll: true });
    title?.closest('.hit')?.scrollIntoView({ block: 'nearest' });
    return Boolean(title);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const hit = /** @type {HTMLElement} */ (event.target).closest('lo-passage-hit');
    if (!step || !hit || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const at = [...this.querySelectorAll('lo-passage-hit')].indexOf(hit);
    if (!this.#focus(at + step)) this.emit('up');
  }

  /** @param {CustomEvent<number>} event */
  #onOpen({ detail: n }) {
    this.emit('settled');
    void openHit(this.#hits[n - 1], n);
  }

  /** @param {CustomEvent<number>} event the question is only written down: it is sent by the person */
  #onAsk({ detail: n }) {
    const { title, collection_id: collection } = this.#hits[n - 1];
    const question = t('search.ask_draft', { title, query: this.found.asked?.query ?? '' });
    const draft = readDraft(null).trim();
    writeDraft(null, draft && draft !== question ? `${draft}\n${question}` : question);
    if ($chosenCollection.get() && $chosenCollection.get() !== collection) chooseCollection(collection);
    this.emit('navigate', { path: '/' });
  }
}

define('lo-search-results', SearchResults);
