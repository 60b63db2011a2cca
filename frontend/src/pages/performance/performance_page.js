import './performance_page.css';
import './words.js';

import { MultiStoreController } from '@nanostores/lit';
import { html, nothing } from 'lit';

import { hintList } from '../../components/hint_list.js';
import { pageHeader } from '../../components/page_header.js';
import { problemNote } from '../../components/problem_note.js';
import { $hints, $performance, loadPerformance, RANGES, watchPerformance } from '../../store/performance.js';
import { $session, $user } from '../../store/session.js';
import { t } from '../../utils/i18n.js';
import { define, LightElement } from '../../utils/light_element.js';
import './figures_view.js';
import { skeleton } from './skeleton.js';
import './toolbar.js';

/** @typedef {import('../../shapes.js').RangeName} RangeName */

/** How the server does, for administrators: what stands out, key figures, and charts that go on. */
class PerformancePage extends LightElement {
  static properties = {
    params: { attribute: false },
    paused: { state: true },
  };

  #stores = new MultiStoreController(this, [$performance, $hints, $user, $session]);
  /** What is being watched, and how it is stopped. @type {{what: string, stop: () => void} | null} */
  #watching = null;

  constructor() {
    super();
    this.params = {};
    this.paused = false;
  }

  get #range() {
    const asked = /** @type {RangeName} */ (new URLSearchParams(location.search).get('range'));
    return RANGES.includes(asked) ? asked : '1h';
  }

  get #allowed() {
    const [{ problem }, , user] = this.#stores.values;
    return user?.role === 'administrator' && problem?.error_code !== 'FORBIDDEN';
  }

  connectedCallback() {
    super.connectedCallback();
    this.requestUpdate();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#watch(null);
  }

  /** @param {RangeName | null} range */
  #watch(range) {
    const what = range && `${range} ${this.paused ? 'once' : 'on'}`;
    if (what === (this.#watching?.what ?? null)) return;
    this.#watching?.stop();
    this.#watching = null;
    if (!range || !what) return;
    if (!this.paused) {
      this.#watching = { what, stop: watchPerformance(range) };
      return;
    }
    const reading = new AbortController();
    this.#watching = { what, stop: () => reading.abort() };
    if ($performance.get().report?.range !== range) void loadPerformance(range, reading.signal);
  }

  updated() {
    // Whoever has to sign in again is not asked for anything meanwhile.
    const [, , , session] = this.#stores.values;
    this.#watch(this.isConnected && this.#allowed && session === 'signed_in' ? this.#range : null);
  }

  render() {
    document.title = `${t('performance.title')} · Like-Opt`;
    return html`
      <div class="performance">
        ${pageHeader(t('performance.title'), () => this.emit('open-drawer'))}
        ${this.#allowed ? this.#page() : this.#refusal()}
      </div>
    `;
  }

  #refusal() {
    return html`
      <div class="page-message" data-testid="refusal">
        <h2>${t('performance.refused')}</h2>
        <p>${t('performance.refused_lead')}</p>
        <a class="button button-primary" href="/">${t('performance.refused_back')}</a>
      </div>
    `;
  }

  #page() {
    const [{ report, problem }, hints] = this.#stores.values;
    const range = this.#range;
    return html`
      <div class="performance-scroll">
        <div class="performance-column">
          <lo-performance-toolbar
            .range=${range}
            .report=${report}
            .paused=${this.paused}
            @range=${(/** @type {CustomEvent<RangeName>} */ { detail }) => this.#choose(detail)}
            @pause=${() => (this.paused = !this.paused)}
          ></lo-performance-toolbar>
          ${problem ? problemNote(problem, () => void loadPerformance(range)) : nothing}
          ${report && hints ? this.#found(report, hints, range) : skeleton()}
        </div>
      </div>
    `;
  }

  /**
   * All at once, so that nothing that is being read moves down when the rest comes.
   * @param {import('../../shapes.js').PerformanceReport} report
   * @param {NonNullable<ReturnType<typeof $hints.get>>} hints
   * @param {RangeName} range
   */
  #found(report, hints, range) {
    return html`
      <section aria-labelledby="performance-hints">
        <h2 id="performance-hints">${t('hints.title')}</h2>
        ${hintList(hints)}
      </section>
      <lo-performance-figures .report=${report} .busy=${report.range !== range}></lo-performance-figures>
    `;
  }

  /** @param {RangeName} range */
  #choose(range) {
    this.emit('navigate', { path: `/performance?range=${range}`, replace: true });
  }
}

define('lo-performance-page', PerformancePage);
