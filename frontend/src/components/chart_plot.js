import { formatFigure, formatTick } from '../utils/figures.js';
import { dotted, powersOfTen, verticalRange } from '../utils/chart_scales.js';

/** @typedef {import('../shapes.js').Chart} Chart */
/** @typedef {import('uplot')} UPlotClass */
/** @typedef {{chart: Chart, times: number[], from: number, to: number, hidden: Set<string>}} Shown */

/** Lines differ in colour and in dashes; see `--chart-1` and the following in styles/charts.css. */
export const DASHES = [[], [7, 4], [2, 3], [10, 3, 2, 3], [14, 4], [4, 2], [1, 4], [12, 3, 4, 3]];
/** Memory is counted in steps of 1024: 256 MB, 512 MB, ... */
const BINARY_STEPS = Array.from({ length: 40 }, (_, power) => 1024 * 2 ** power);

const HOUR = 3600;
/** Seconds between two labels of time; uPlot's own know no two minutes, which suit five. */
const TIME_STEPS = [
  1, 5, 10, 30, 60, 120, 300, 600, 900, 1800, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR, 48 * HOUR, 72 * HOUR,
];

/** The drawing of a chart: uPlot on a canvas, in the page's colours and language. */
export class ChartPlot {
  /** @type {UPlotClass} */
  #plot;
  #host;
  /** @type {Shown} */
  #shown;
  /** @type {Record<string, string>} */
  #colours = {};
  #em = 11;
  #font = '';

  /**
   * @param {typeof import('uplot')} UPlot
   * @param {HTMLElement} host
   * @param {Shown} shown
   * @param {(index: number | null) => void} onCursor
   */
  constructor(UPlot, host, shown, onCursor) {
    this.#host = host;
    this.#shown = shown;
    this.#readStyles();
    this.#plot = new UPlot(this.#options(onCursor), this.#data(), host);
  }

  /**
   * Whether this drawing can go on: another place, or other lines, need another one.
   * @param {Chart} chart
   * @param {HTMLElement} host
   */
  fits(chart, host) {
    const known = this.#shown.chart;
    return this.#host === host && known.logarithmic === chart.logarithmic && known.lines.length === chart.lines.length
      && known.lines.every(({ key }, index) => key === chart.lines[index].key);
  }

  /** @param {Shown} shown */
  show(shown) {
    this.#shown = shown;
    this.#plot.batch(() => {
      shown.chart.lines.forEach(({ key }, index) => {
        const show = !shown.hidden.has(key);
        if (this.#plot.series[index + 1].show !== show) this.#plot.setSeries(index + 1, { show });
      });
      this.#plot.setData(this.#data());
    });
  }

  /** Fill the place that there is now. */
  resize() {
    const { clientWidth: width, clientHeight: height } = this.#host;
    if (width > 0 && (width !== this.#plot.width || height !== this.#plot.height)) this.#plot.setSize({ width, height });
  }

  /** Draw in the colours of the theme that has been chosen. */
  recolour() {
    this.#readStyles();
    this.#plot.redraw(false);
  }

  /** @param {number | null} index the point that the cursor stands on */
  point(index) {
    const left = index === null ? -10 : this.#plot.valToPos(this.#shown.times[index], 'x');
    this.#plot.setCursor({ left, top: index === null ? -10 : 10 });
  }

  destroy() {
    this.#plot.destroy();
  }

  /** @returns {import('uplot').AlignedData} */
  #data() {
    const { times, chart } = this.#shown;
    return [times, ...chart.lines.map(({ values }) => values)];
  }

  #readStyles() {
    const probe = document.createElement('i');
    this.#host.append(probe);
    const names = [...DASHES.keys()].map((index) => `chart-${index + 1}`);
    for (const name of [...names, 'ink-3', 'line', 'good', 'bad']) {
      // A custom property's value may be `light-dark()`, which a canvas does not know.
      probe.style.color = `var(--${name})`;
      this.#colours[name] = getComputedStyle(probe).color;
    }
    const { fontSize, fontFamily } = getComputedStyle(this.#host);
    this.#em = parseFloat(fontSize);
    this.#font = fontFamily;
    probe.remove();
  }

  /**
   * @param {(index: number | null) => void} onCursor
   * @returns {import('uplot').Options}
   */
  #options(onCursor) {
    const { logarithmic } = this.#shown.chart;
    return {
      width: Math.max(this.#host.clientWidth, 1),
      height: this.#host.clientHeight,
      padding: [10, 1.6 * this.#em, 0, 0], // half a label of time
      legend: { show: false },
      cursor: {
        drag: { x: false, y: false },
        y: false,
        points: { size: 8, width: 2 },
        // All charts show the same moment.
        sync: { key: 'charts', setSeries: false },
      },
      scales: {
        x: { time: true, range: () => [this.#shown.from, this.#shown.to] },
        y: {
          distr: logarithmic ? 3 : 1,
          range: (_plot, lowest, highest) => verticalRange(this.#shown.chart, lowest, highest),
        },
      },
      axes: [this.#timeAxis(), this.#valueAxis()],
      series: [{}, ...this.#shown.chart.lines.map((_, index) => this.#series(index))],
      hooks: {
        drawAxes: [(plot) => this.#drawBounds(plot)], // below the lines, of which none may be hidden
        setCursor: [(plot) => onCursor(plot.cursor.idx ?? null)],
      },
    };
  }

  /** @returns {import('uplot').Axis} */
  #timeAxis() {
    return {
      ...this.#axis(),
      incrs: TIME_STEPS,
      space: 6 * this.#em,
      size: 2.5 * this.#em,
      values: (_plot, splits, _axis, _space, step) => splits.map((at) => formatTick(at, step)),
      grid: { show: false },
      ticks: { stroke: () => this.#colours.line, size: 4, width: 1 },
    };
  }

  /** @returns {import('uplot').Axis} */
  #valueAxis() {
    const { logarithmic, kind } = this.#shown.chart;
    return {
      ...this.#axis(),
      size: 5.6 * this.#em,
      space: 3 * this.#em,
      ...(kind === 'bytes' && { incrs: BINARY_STEPS }),
      ...(logarithmic && {
        splits: (_plot, _axis, from, to) => powersOfTen(from, to),
        filter: (_plot, splits) => splits,
      }),
      values: (_plot, splits) => splits.map((value) => formatFigure(this.#shown.chart.kind, value)),
      grid: { stroke: () => this.#colours.line, width: 1 },
      ticks: { show: false },
    };
  }

  #axis() {
    return { stroke: () => this.#colours['ink-3'], font: `${this.#em}px ${this.#font}`, gap: 6 };
  }

  /** @param {number} index @returns {import('uplot').Series} */
  #series(index) {
    const { chart, hidden } = this.#shown;
    const colour = () => this.#colours[`chart-${(index % DASHES.length) + 1}`];
    return {
      stroke: colour,
      width: 1.75,
      dash: DASHES[index % DASHES.length].map((length) => length * devicePixelRatio),
      spanGaps: chart.spanning ?? false,
      show: !hidden.has(chart.lines[index].key),
      points: {
        size: 5,
        stroke: colour,
        fill: colour,
        show: false,
        filter: (plot, number) => dotted(/** @type {any} */ (plot.data[number]), chart.spanning ?? false),
      },
    };
  }

  /** Up to where a figure is good, and from where on poor. @param {UPlotClass} plot */
  #drawBounds({ ctx, bbox, scales, valToPos }) {
    for (const { value, label, tone } of this.#shown.chart.bounds) {
      const { min, max } = scales.y;
      if (min === undefined || max === undefined || min === null || max === null || value <= min || value >= max) continue;
      const y = Math.round(valToPos(value, 'y', true));
      const ratio = devicePixelRatio;
      ctx.save();
      ctx.strokeStyle = this.#colours[tone];
      ctx.lineWidth = ratio;
      ctx.setLineDash([3 * ratio, 3 * ratio]);
      ctx.beginPath();
      ctx.moveTo(bbox.left, y);
      ctx.lineTo(bbox.left + bbox.width, y);
      ctx.stroke();
      ctx.font = `${this.#em * ratio}px ${this.#font}`;
      ctx.textAlign = 'right';
      ctx.textBaseline = 'bottom';
      ctx.fillStyle = this.#colours[tone];
      ctx.fillText(label, bbox.left + bbox.width - 2 * ratio, y - 2 * ratio);
      ctx.restore();
    }
  }
}
