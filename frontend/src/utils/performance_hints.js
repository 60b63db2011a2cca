import { dayStart } from './figures.js';
import { DEVICES, VITALS } from './web_vitals.js';

/** @typedef {import('../shapes.js').Hint} Hint */
/** @typedef {import('../shapes.js').PerformancePoint} Point */
/** @typedef {import('../shapes.js').PerformanceReport} Report */

/** What the project aims at; the tiles are held against the same. */
export const AIMS = { average_ms: 200, p95_ms: 500, hit_rate: 0.8 };

/** From where on something is said. Nothing is said of a handful of requests or visits. */
export const THRESHOLDS = {
  requests: 50,
  lookups: 50,
  visits: 5, // of a day, on a kind of device
  questions: 5,
  errors: 3,
  error_rate: { warn: 0.01, bad: 0.05 },
  cache_errors: 10,
  queue_ms: { warn: 300_000, bad: 900_000 },
  disk_free: { share: 0.1, bytes: 2e9 },
  memory_available: 0.1,
  machine_cpu: 85,
  first_token_ms: 5000,
};

const HOUR = 3600;
const SEARCH_STAGES = ['analyse', 'embed', 'bm25', 'vector', 'fuse', 'passages'];

/**
 * Tell what stands out, the worst first.
 * @param {{hour: Report, week: Report}} reports of the last hour and of the last seven days
 * @returns {Hint[]}
 */
export function hintsOf({ hour, week }) {
  const found = [
    ...machine(hour), ...errors(hour), ...queue(hour), ...responses(hour, week), ...firstToken(hour),
    ...cache(hour), ...vitals(week),
  ];
  return [...found.filter(({ tone }) => tone === 'bad'), ...found.filter(({ tone }) => tone !== 'bad')];
}

/** @param {Report} hour @returns {Iterable<Hint>} */
function* machine({ system, series }) {
  const { disk_free: free, disk_total: total } = system;
  const { share, bytes } = THRESHOLDS.disk_free;
  if (total && (free < share * total || free < bytes)) {
    yield { code: 'disk', tone: 'bad', values: { free: ['bytes', free], total: ['bytes', total] } };
  }
  const { machine_memory_available: available, machine_memory_total: memory } = system;
  if (memory && available < THRESHOLDS.memory_available * memory) {
    yield { code: 'memory', tone: 'bad', values: { free: ['bytes', available], total: ['bytes', memory] } };
  }
  const busy = mean(series.map(({ machine_cpu }) => machine_cpu));
  if (busy !== null && busy > THRESHOLDS.machine_cpu) {
    yield { code: 'processor', tone: 'warn', values: { value: ['percent', busy] } };
  }
}

/** @param {Report} hour @returns {Iterable<Hint>} */
function* errors({ requests, errors: failed, error_rate: rate }) {
  if (rate === null || failed < THRESHOLDS.errors || rate <= THRESHOLDS.error_rate.warn) return;
  yield {
    code: 'errors',
    tone: rate > THRESHOLDS.error_rate.bad ? 'bad' : 'warn',
    values: { failed: ['count', failed], requests: ['count', requests], share: ['share', rate] },
  };
}

/** @param {Report} hour @returns {Iterable<Hint>} */
function* queue({ system }) {
  const waited = (system.queue_oldest ?? 0) * 1000;
  if (waited <= THRESHOLDS.queue_ms.warn) return;
  yield {
    code: 'queue',
    tone: waited > THRESHOLDS.queue_ms.bad ? 'bad' : 'warn',
    values: { waited: ['ms', waited], waiting: ['count', system.queue_length ?? 0] },
  };
}

/** @param {Report} hour @param {Report} week @returns {Iterable<Hint>} */
function* responses({ requests, response, stages }, week) {
  const { p95_ms: p95, average_ms: average } = response;
  if (requests < THRESHOLDS.requests || p95 === null || average === null) return;
  if (p95 > AIMS.p95_ms) {
    const slowest = SEARCH_STAGES.map((name) => ({ name, p95: stages[name]?.p95_ms ?? 0 }))
      .reduce((most, stage) => (stage.p95 > most.p95 ? stage : most));
    const since = firstDay(
      week,
      ({ response: { p95_ms } }) => p95_ms,
      ({ requests: counted }) => counted,
      { bound: AIMS.p95_ms, least: THRESHOLDS.requests },
    );
    const values = { value: ms(p95), bound: ms(AIMS.p95_ms) };
    // A stage explains the whole when at least half of the time is its own.
    yield {
      tone: 'bad',
      since: since?.since,
      ...(slowest.p95 >= p95 / 2
        ? { code: 'slow_stage', values: { ...values, stage: slowest.name, own: ms(slowest.p95) }, detail: slowest.name }
        : { code: 'slow', values }),
    };
  } else if (average > AIMS.average_ms) {
    yield { code: 'average', tone: 'warn', values: { value: ms(average), bound: ms(AIMS.average_ms) } };
  }
}

/** @param {Report} hour @returns {Iterable<Hint>} */
function* firstToken({ stages }) {
  const { count = 0, p95_ms: p95 = null } = stages.first_token ?? {};
  if (p95 === null || count < THRESHOLDS.questions || p95 <= THRESHOLDS.first_token_ms) return;
  yield { code: 'first_token', tone: 'warn', values: { value: ms(p95), bound: ms(THRESHOLDS.first_token_ms) } };
}

/** @param {Report} hour @returns {Iterable<Hint>} */
function* cache({ cache: { hits, misses, hit_rate: rate, errors: failed } }) {
  if (failed >= THRESHOLDS.cache_errors) {
    yield { code: 'cache_errors', tone: 'bad', values: { failed: ['count', failed] } };
  }
  if (rate !== null && hits + misses >= THRESHOLDS.lookups && rate < AIMS.hit_rate) {
    yield { code: 'cache', tone: 'warn', values: { value: ['share', rate], bound: ['share', AIMS.hit_rate] } };
  }
}

/** @param {Report} week @returns {Iterable<Hint>} */
function* vitals(week) {
  for (const [name, { kind, good, poor }] of Object.entries(VITALS)) {
    for (const device of DEVICES) {
      const vital = /** @type {keyof typeof VITALS} */ (name);
      const slow = firstDay(
        week,
        (point) => point.web_vitals[vital]?.[device] ?? null,
        (point) => point.web_vitals_count[vital]?.[device] ?? 0,
        { bound: good, least: THRESHOLDS.visits },
      );
      if (!slow) continue;
      yield {
        code: 'vital',
        variant: device,
        tone: slow.latest > poor ? 'bad' : 'warn',
        values: { vital: vital.toUpperCase(), value: [kind, slow.latest], bound: [kind, good] },
        detail: vital,
        since: slow.since,
      };
    }
  }
}

/**
 * Look back over the days, from the newest with enough measurements, for as long as each is above
 * the bound. A day's value is the middle of its points', each as heavy as what it counts.
 * @param {Report} week
 * @param {(point: Point) => number | null} valueOf
 * @param {(point: Point) => number} countOf
 * @param {{bound: number, least: number}} options
 * @returns {{since: number | null, latest: number} | null} the first of those days, `null` for the whole
 *   week; nothing when the newest day is fine
 */
export function firstDay({ series, from, to }, valueOf, countOf, { bound, least }) {
  /** @type {Map<number, {value: number, count: number}[]>} */
  const days = new Map();
  for (const point of series) {
    const value = valueOf(point);
    const day = dayStart(point.at);
    if (value !== null) days.set(day, [...(days.get(day) ?? []), { value, count: countOf(point) }]);
  }
  const known = [...days]
    .filter(([, points]) => points.reduce((sum, { count }) => sum + count, 0) >= least)
    .map(([day, points]) => ({ day, value: middle(points) }))
    .reverse();
  // What nobody has measured for two days says nothing about now.
  if (!known.length || known[0].value <= bound || known[0].day < to - 48 * HOUR) return null;
  const fine = known.findIndex(({ value }) => value <= bound);
  const first = known[(fine < 0 ? known.length : fine) - 1].day;
  return { since: first <= dayStart(from) + 25 * HOUR ? null : first, latest: known[0].value };
}

/** @param {{value: number, count: number}[]} points */
function middle(points) {
  const sorted = points.toSorted((a, b) => a.value - b.value);
  let rest = points.reduce((sum, { count }) => sum + count, 0) / 2;
  return (sorted.find(({ count }) => (rest -= count) <= 0) ?? sorted[sorted.length - 1]).value;
}

/** @param {(number | null)[]} values */
function mean(values) {
  const known = values.filter((value) => value !== null);
  return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
}

/** @param {number} value @returns {[import('../shapes.js').FigureKind, number]} */
function ms(value) {
  return ['ms', value];
}
