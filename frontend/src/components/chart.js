import '../styles/charts.css';

import { html, nothing, svg } from 'lit';
import { createRef, ref } from 'lit/directives/ref.js';

import { extent } from '../utils/chart_scales.js';
import { formatFigure, formatMoment } from '../utils/figures.js';
import { t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';
import { ChartPlot, DASHES } from './chart_plot.js';
import { chartTable } from './chart_table.js';

/** @typedef {import('../shapes.js').Chart} Chart */

/** Lines over time: with the values under the cursor, for the keyboard too, and as a table. */
class ChartElement extends LightElement {
  static properties = {
    chart: { attribute: false },
    times: { attribute: false },
    from: { type: Number },
    to: { type: Number },
    step: { type: Number },
    library: { attribute: false },
    hiddenLines: { state: true },
    index: { state: true },
    asTable: { state: true },
  };

  #host = createRef();
  /** @type {ChartPlot | null} */
  #plot = null;
  #observer = new ResizeObserver(() => this.#plot?.resize());

  constructor() {
    super();
    /** @type {Chart | null} */
    this.chart = null;
    /** @type {number[]} seconds since 1970 */
    this.times = [];
    this.from = this.to = 0;
    this.step = 60;
    /** @type {typeof import('uplot') | null | undefined} uPlot once it has come, `null` where it cannot be had */
    this.library = undefined;
    /** @type {Set<string>} */
    this.hiddenLines = new Set();
    /** @type {number | null} */
    this.index = null;
    this.asTable = false;
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#remove();
  }

  connectedCallback() {
    super.connectedCallback();
    this.requestUpdate();
  }

  get #known() {
    return this.chart?.lines.some(({ values }) => values.some((value) => value !== null)) ?? false;
  }

  recolour() {
    this.#plot?.recolour();
  }

  render() {
    const { chart } = this;
    if (!chart) return nothing;
    const { id, heading, note } = chart;
    return html`
      <section class="chart-card" aria-labelledby="chart-${id}" data-testid="chart" data-chart=${id}>
        <header class="chart-header">
          <h3 id="chart-${id}">${heading}</h3>
          ${this.#known && this.library !== null
            ? html`<button
                type="button"
                class="button button-quiet button-small"
                aria-describedby="chart-${id}"
                @click=${() => (this.asTable = !this.asTable)}
              >${this.asTable ? t('chart.as_chart') : t('chart.as_table')}</button>`
            : nothing}
        </header>
        <p class="chart-note">${note}</p>
        <div class="chart-body">${this.#body(chart)}</div>
      </section>
    `;
  }

  /** @param {Chart} chart */
  #body(chart) {
    if (!this.#known) return html`<p class="chart-empty">${chart.empty}</p>`;
    if (this.asTable || this.library === null) return chartTable({ chart, times: this.times, step: this.step });
    return html`
      <div
        class="chart-plot"
        tabindex="0"
        role="slider"
        aria-label=${t('chart.slider', { heading: chart.heading })}
        aria-describedby="chart-${chart.id}-summary"
        aria-valuemin="0"
        aria-valuemax=${this.times.length - 1}
        aria-valuenow=${this.#shownIndex}
        aria-valuetext=${this.#momentText(chart)}
        @keydown=${this.#onKey}
        @blur=${() => this.#plot?.point(null)}
        ${ref(this.#host)}
      ></div>
      <p class="sr-only" id="chart-${chart.id}-summary">${this.#summary(chart)}</p>
      ${this.#legend(chart)}
    `;
  }

  /** @param {Chart} chart */
  #legend(chart) {
    return html`
      <div class="chart-legend" role="group" aria-label=${t('chart.lines', { heading: chart.heading })}>
        <span class="chart-moment">${this.index === null ? t('chart.latest') : formatMoment(this.times[this.index], this.step)}</span>
        ${chart.lines.map(({ key, label, values }, index) => html`
          <button
            type="button"
            class="chart-line"
            aria-pressed=${!this.hiddenLines.has(key)}
            @click=${() => this.#toggle(key)}
          >
            ${swatch(index)}<span>${label}</span>
            <output>${formatFigure(chart.kind, this.index === null ? extent(values)?.latest : values[this.index])}</output>
          </button>
        `)}
      </div>
    `;
  }

  updated() {
    const host = /** @type {HTMLElement | undefined} */ (this.#host.value);
    const { chart, library } = this;
    if (!host || !chart || !library) return this.#remove();
    const { times, from, to, hiddenLines: hidden } = this;
    const shown = { chart, times, from, to, hidden };
    if (this.#plot && !this.#plot.fits(chart, host)) this.#remove();
    if (this.#plot) {
      this.#plot.show(shown);
    } else {
      this.#plot = new ChartPlot(library, host, shown, (index) => (this.index = index));
      this.#observer.observe(host);
    }
  }

  #remove() {
    this.#observer.disconnect();
    this.#plot?.destroy();
    this.#plot = null;
    this.index = null;
  }

  get #shownIndex() {
    return this.index ?? this.times.length - 1;
  }

  /** @param {Chart} chart */
  #momentText(chart) {
    const index = this.#shownIndex;
    const values = chart.lines.map(({ label, values }) => `${label} ${formatFigure(chart.kind, values[index])}`);
    return t('chart.moment', { time: formatMoment(this.times[index], this.step), values: values.join(', ') });
  }

  /** @param {Chart} chart */
  #summary({ lines, kind }) {
    return lines.map(({ label, values }) => {
      const found = extent(values);
      if (!found) return '';
      const { latest, lowest, highest } = found;
      const text = (/** @type {number} */ value) => formatFigure(kind, value);
      return t('chart.summary', { label, latest: text(latest), lowest: text(lowest), highest: text(highest) });
    }).join(' ');
  }

  /** @param {string} key */
  #toggle(key) {
    const hidden = new Set(this.hiddenLines);
    if (!hidden.delete(key)) hidden.add(key);
    this.hiddenLines = hidden;
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const last = this.times.length - 1;
    const now = this.#shownIndex;
    const to = { ArrowLeft: now - 1, ArrowRight: now + 1, PageUp: now - 10, PageDown: now + 10, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.#plot?.point(Math.min(last, Math.max(0, to)));
  }
}

/** A piece of a line, in its colour and dashes. @param {number} index */
function swatch(index) {
  const kind = index % DASHES.length;
  return html`<svg class="chart-swatch chart-colour-${kind + 1}" width="24" height="10" aria-hidden="true">
    ${svg`<line x1="0" y1="5" x2="24" y2="5" stroke-width="2.5" stroke-dasharray=${DASHES[kind].join(' ')}></line>`}
  </svg>`;
}

define('lo-chart', ChartElement);
