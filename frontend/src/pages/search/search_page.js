import './search_page.css';

import { MultiStoreController } from '@nanostores/lit';
import { html } from 'lit';

import { pageHeader } from '../../components/page_header.js';
import '../../components/search_form.js';
import { $collections, loadCollections } from '../../store/collections.js';
import { $search, search } from '../../store/search.js';
import { $openSource, closeSource } from '../../store/sources.js';
import { debounce } from '../../utils/debounce.js';
import { t } from '../../utils/i18n.js';
import { define, LightElement } from '../../utils/light_element.js';
import { readSearch, searchAddress } from '../../utils/search_address.js';
import '../source/source_aside.js';
import './search_results.js';
import './words.js';

/** @typedef {import('../../shapes.js').Search} Search */

/** Passages without a conversation. What is searched stands in the address. */
class SearchPage extends LightElement {
  static properties = { params: { attribute: false } };

  #stores = new MultiStoreController(this, [$collections, $search, $openSource]);
  #asked = readSearch('');
  #type = debounce((/** @type {string} */ text) => this.#typed(text), 250);
  /** Whether the address is being typed: then the next letters replace it. */
  #typing = false;
  #listening = new AbortController();

  constructor() {
    super();
    this.params = {};
  }

  connectedCallback() {
    super.connectedCallback();
    this.#listening = new AbortController();
    document.addEventListener('keydown', (event) => this.#onKey(event), { signal: this.#listening.signal });
    void loadCollections();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#listening.abort();
    this.#type.cancel();
    closeSource();
    void search(readSearch('')); // whatever is on its way is no longer wanted
  }

  get #form() {
    return /** @type {import('../../components/search_form.js').SearchForm} */ (this.querySelector('lo-search-form'));
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    if (!changed.has('params')) return;
    const before = this.#asked;
    this.#asked = readSearch(location.search);
    if (this.#asked.query !== before.query) closeSource();
    void search(this.#asked);
  }

  async firstUpdated() {
    await this.#form.updateComplete;
    if (matchMedia('(pointer: fine)').matches) this.#form.focusText();
  }

  render() {
    const [collections, found, source] = this.#stores.values;
    document.title = `${this.#asked.query || t('search.title')} · Like-Opt`;
    return html`
      <div class="search ${source ? 'with-source' : ''}">
        <div class="search-main">
          ${pageHeader(t('search.title'), () => this.emit('open-drawer'))}
          <div class="search-scroll">
            <div class="search-column">
              <lo-search-form
                .search=${this.#asked}
                .collections=${collections}
                @typed=${(/** @type {CustomEvent} */ { detail }) => this.#type(detail)}
                @search-now=${(/** @type {CustomEvent} */ { detail }) => this.#now(detail)}
                @mode=${(/** @type {CustomEvent} */ { detail }) => this.#go({ mode: detail })}
                @collection=${(/** @type {CustomEvent} */ { detail }) => this.#go({ collection: detail })}
                @down=${() => this.#results.focusFirst()}
              ></lo-search-form>
              <lo-search-results
                .found=${found}
                .opened=${source?.source.n ?? null}
                .empty=${collections.length > 0 && collections.every(({ documents }) => documents === 0)}
                @settled=${() => (this.#typing = false)}
                @up=${() => this.#form.focusText()}
                @change-search=${(/** @type {CustomEvent} */ { detail }) => this.#go(detail)}
                @more=${(/** @type {CustomEvent} */ { detail }) => this.#go({ count: detail }, true)}
              ></lo-search-results>
            </div>
          </div>
        </div>
        <lo-source-aside></lo-source-aside>
      </div>
    `;
  }

  get #results() {
    return /** @type {import('./search_results.js').SearchResults} */ (this.querySelector('lo-search-results'));
  }

  /** @param {string} text letters that follow each other are one step in the history */
  #typed(text) {
    const replace = this.#typing || this.#asked.query === '';
    this.#typing = true;
    this.#go({ query: text.trim() }, replace);
  }

  /** @param {string} text */
  #now(text) {
    this.#type.cancel();
    this.#go({ query: text.trim() }, this.#typing);
    this.#typing = false;
  }

  /** @param {Partial<Search>} change @param {boolean} [replace] without a step in the history */
  #go(change, replace = false) {
    const { query, mode, collection } = this.#asked;
    this.emit('navigate', { path: searchAddress({ query, mode, collection, ...change }), replace });
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.key !== 'Escape' || event.isComposing || event.defaultPrevented) return;
    if (!$openSource.get() || document.querySelector('dialog[open], :popover-open')) return;
    closeSource();
  }
}

define('lo-search-page', SearchPage);
