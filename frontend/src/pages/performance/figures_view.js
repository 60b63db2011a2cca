import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import '../../components/chart.js';
import { statTile } from '../../components/stat_tile.js';
import { t } from '../../utils/i18n.js';
import { Lazy } from '../../utils/lazy.js';
import { define, LightElement } from '../../utils/light_element.js';
import { browserTimes } from './browser_times.js';
import { questionCharts, serverCharts } from './charts.js';
import { tilesOf } from './tiles.js';
import { vitalCharts } from './vital_charts.js';

/** @typedef {import('../../shapes.js').Chart} Chart */
/** @typedef {import('../../shapes.js').PerformanceReport} PerformanceReport */

/** Few people look at charts. */
const uplot = new Lazy(() => import(/* webpackChunkName: "charts" */ '../../utils/uplot.js'));

/** The key figures and all charts of a report. */
class PerformanceFigures extends LightElement {
  static properties = {
    report: { attribute: false },
    busy: { type: Boolean },
    library: { state: true },
  };

  #dark = matchMedia('(prefers-color-scheme: dark)');
  #recolour = () => {
    for (const chart of this.querySelectorAll('lo-chart')) /** @type {any} */ (chart).recolour();
  };
  #theme = new MutationObserver(this.#recolour);

  constructor() {
    super();
    /** @type {PerformanceReport | null} */
    this.report = null;
    this.busy = false;
    /** @type {typeof import('uplot') | null | undefined} `null` where it could not be fetched */
    this.library = uplot.module?.UPlot;
  }

  connectedCallback() {
    super.connectedCallback();
    this.#dark.addEventListener('change', this.#recolour);
    this.#theme.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    void this.#load();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#dark.removeEventListener('change', this.#recolour);
    this.#theme.disconnect();
  }

  async #load() {
    try {
      this.library = (await uplot.load()).UPlot;
    } catch {
      this.library = null; // tables tell the same
    }
  }

  render() {
    const { report } = this;
    if (!report) return nothing;
    return html`
      <div class="performance-figures" aria-busy=${this.busy}>
        <section aria-labelledby="performance-key">
          <h2 id="performance-key">${t('performance.key_figures')}</h2>
          <dl class="tiles">${tilesOf(report).map(statTile)}</dl>
        </section>
        ${this.#section('server', serverCharts(report))}
        ${this.#section('questions', questionCharts(report))}
        ${this.#section('pages', vitalCharts(report), t('performance.section.pages_lead'))}
        ${browserTimes(report)}
      </div>
    `;
  }

  /** @param {string} name @param {Chart[]} charts @param {string} [lead] */
  #section(name, charts, lead) {
    const { series, from, to, point_seconds: step } = /** @type {PerformanceReport} */ (this.report);
    const times = series.map(({ at }) => at);
    return html`
      <section aria-labelledby="performance-${name}">
        <h2 id="performance-${name}">${t(`performance.section.${name}`)}</h2>
        ${lead ? html`<p class="performance-lead">${lead}</p>` : nothing}
        <div class="charts">
          ${repeat(charts, ({ id }) => id, (chart) => html`
            <lo-chart
              .chart=${chart}
              .times=${times}
              .from=${from}
              .to=${to}
              .step=${step}
              .library=${this.library}
            ></lo-chart>
          `)}
        </div>
      </section>
    `;
  }
}

define('lo-performance-figures', PerformanceFigures);
