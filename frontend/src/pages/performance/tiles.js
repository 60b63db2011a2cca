import { formatFigure } from '../../utils/figures.js';
import { t } from '../../utils/i18n.js';
import { AIMS, THRESHOLDS } from '../../utils/performance_hints.js';

/** @typedef {import('../../shapes.js').FigureKind} FigureKind */
/** @typedef {import('../../shapes.js').PerformanceReport} Report */

/** The figures that are looked at first. @param {Report} report */
export function tilesOf(report) {
  const { response, cache, requests, errors, throughput, memory, active, system } = report;
  const waiting = system.queue_length ?? 0;
  const hitRate = aimed('hit_rate', 'share', cache.hit_rate, AIMS.hit_rate, (cache.hit_rate ?? 0) >= AIMS.hit_rate);
  return [
    judged(
      aimed('average', 'ms', response.average_ms, AIMS.average_ms, (response.average_ms ?? 0) <= AIMS.average_ms),
      { counted: requests, least: THRESHOLDS.requests },
    ),
    judged(
      aimed('p95', 'ms', response.p95_ms, AIMS.p95_ms, (response.p95_ms ?? 0) <= AIMS.p95_ms),
      { counted: requests, least: THRESHOLDS.requests },
    ),
    cache.hit_rate === null
      ? { ...hitRate, detail: t('tile.lookups_none') }
      : judged(hitRate, { counted: cache.hits + cache.misses, least: THRESHOLDS.lookups }),
    {
      id: 'throughput',
      label: t('tile.throughput'),
      value: formatFigure('rate', throughput),
      detail: t(errors ? 'tile.errors' : 'tile.no_errors', {
        requests: formatFigure('count', requests),
        errors: formatFigure('count', errors),
      }),
    },
    {
      id: 'memory',
      label: t('tile.memory'),
      value: formatFigure('bytes', memory),
      detail: system.machine_memory_total
        ? t('tile.memory_of', {
            free: formatFigure('bytes', system.machine_memory_available),
            total: formatFigure('bytes', system.machine_memory_total),
          })
        : t('tile.unknown'),
    },
    {
      id: 'active',
      label: t('tile.active'),
      value: formatFigure('count', active),
      detail: waiting ? t('tile.queue', { count: formatFigure('count', waiting) }) : t('tile.queue_none'),
    },
  ];
}

/**
 * @param {'average' | 'p95' | 'hit_rate'} id
 * @param {FigureKind} kind
 * @param {number | null} value
 * @param {number} aim
 * @param {boolean} reached
 */
function aimed(id, kind, value, aim, reached) {
  const said = value === null ? 'tile.unknown' : reached ? 'tile.within' : 'tile.outside';
  return {
    id,
    label: t(`tile.${id}`),
    value: formatFigure(kind, value),
    detail: t(said, { aim: formatFigure(kind, aim) }),
    state: /** @type {'good' | 'bad' | 'plain'} */ (value === null ? 'plain' : reached ? 'good' : 'bad'),
  };
}

/**
 * A handful of requests is held against no aim, as the hints say nothing of it.
 * @param {ReturnType<typeof aimed>} tile
 * @param {{counted: number, least: number}} basis
 */
function judged(tile, { counted, least }) {
  if (tile.state === 'plain' || counted >= least) return tile;
  const [count, enough] = [counted, least].map((number) => formatFigure('count', number));
  return { ...tile, state: /** @type {const} */ ('plain'), detail: t('tile.few', { count, enough }) };
}
