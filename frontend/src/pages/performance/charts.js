import { formatFigure } from '../../utils/figures.js';
import { hasMessage, t } from '../../utils/i18n.js';
import { AIMS } from '../../utils/performance_hints.js';

/** @typedef {import('../../shapes.js').Chart} Chart */
/** @typedef {import('../../shapes.js').ChartLine} ChartLine */
/** @typedef {import('../../shapes.js').PerformancePoint} Point */
/** @typedef {import('../../shapes.js').PerformanceReport} Report */

const SEARCH = ['total', 'vector', 'bm25', 'embed', 'passages', 'wait', 'analyse', 'fuse'];
const ANSWER = ['answer', 'first_token'];
const LAYERS = ['memory', 'redis', 'disk'];

/** @param {Report} report @returns {Chart[]} */
export function serverCharts({ series, system }) {
  const sampled = { bounds: [], empty: t('chart.sampled_empty') };
  const waited = (system.queue_oldest ?? 0) * 1000;
  return [
    {
      id: 'response',
      heading: t('chart.response'),
      note: t('chart.response_note'),
      kind: 'ms',
      logarithmic: true,
      lines: /** @type {const} */ (['p50', 'p95', 'p99']).map((name) => ({
        key: name,
        label: t(`line.${name}`),
        values: series.map(({ response }) => response[`${name}_ms`]),
      })),
      bounds: [{ value: AIMS.p95_ms, label: t('chart.aim', { value: `p95 ${formatFigure('ms', AIMS.p95_ms)}` }), tone: 'good' }],
      empty: t('chart.response_empty'),
    },
    {
      id: 'throughput',
      heading: t('chart.throughput'),
      note: t('chart.throughput_note'),
      kind: 'rate',
      lines: [
        line('requests', series, ({ throughput }) => throughput),
        line('errors', series, ({ throughput, error_rate }) => throughput * (error_rate ?? 0)),
      ],
      bounds: [],
      empty: t('chart.response_empty'),
    },
    {
      ...sampled,
      id: 'memory',
      heading: t('chart.memory'),
      note: t('chart.memory_note'),
      kind: 'bytes',
      lines: [line('memory', series, ({ memory }) => memory)],
    },
    {
      ...sampled,
      id: 'cpu',
      heading: t('chart.cpu'),
      note: t('chart.cpu_note'),
      kind: 'percent',
      lines: [line('cpu', series, ({ cpu }) => cpu), line('machine_cpu', series, (point) => point.machine_cpu)],
    },
    {
      ...sampled,
      id: 'active',
      heading: t('chart.active'),
      note: t('chart.active_note'),
      kind: 'count',
      lines: [line('active', series, ({ active }) => active)],
    },
    {
      ...sampled,
      id: 'queue',
      heading: t('chart.queue'),
      note: system.queue_length
        ? t('chart.queue_note', { waited: formatFigure('ms', waited) })
        : t('chart.queue_note_none'),
      kind: 'count',
      lines: [line('queue_length', series, (point) => point.queue_length)],
    },
  ];
}

/** @param {Report} report @returns {Chart[]} */
export function questionCharts(report) {
  const { cache, stages } = report;
  const others = Object.keys(stages).filter((name) => !SEARCH.includes(name) && !ANSWER.includes(name));
  return [
    {
      id: 'cache',
      heading: t('chart.cache'),
      note: t('chart.cache_note', { hits: formatFigure('count', cache.hits), misses: formatFigure('count', cache.misses) }),
      kind: 'share',
      lines: cacheLines(report),
      bounds: [{ value: AIMS.hit_rate, label: t('chart.aim', { value: formatFigure('share', AIMS.hit_rate) }), tone: 'good' }],
      empty: t('chart.cache_empty'),
    },
    stageChart('search_stages', [...SEARCH, ...others], report),
    stageChart('answer_stages', ANSWER, report),
  ];
}

/** @param {Report} report @returns {ChartLine[]} */
function cacheLines({ series, cache }) {
  const layers = LAYERS.filter((name) => name in cache.layers);
  return [
    { key: 'all', label: t('layer.all'), values: series.map((point) => point.cache.hit_rate) },
    ...layers.map((name) => ({
      key: name,
      label: t(`layer.${name}`),
      // Asked without an answer of this layer is nought; not asked is not known.
      values: series.map((point) => (point.cache.hit_rate === null ? null : (point.cache.layers[name]?.hit_rate ?? 0))),
    })),
  ];
}

/** @param {'search_stages' | 'answer_stages'} id @param {string[]} names @param {Report} report @returns {Chart} */
function stageChart(id, names, { series, stages }) {
  return {
    id,
    heading: t(`chart.${id}`),
    note: t('chart.stages_note'),
    kind: 'ms',
    logarithmic: true,
    lines: names.filter((name) => name in stages).map((name) => ({
      key: name,
      label: hasMessage(`stage.${name}`) ? t(`stage.${name}`) : name,
      values: series.map((point) => point.stages[name]?.p95_ms ?? null),
    })),
    bounds: [],
    empty: t('chart.stages_empty'),
  };
}

/** @param {string} key @param {Point[]} series @param {(point: Point) => number | null} read @returns {ChartLine} */
function line(key, series, read) {
  return { key, label: t(`line.${key}`), values: series.map(read) };
}
