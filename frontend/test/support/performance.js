import { readFileSync } from 'node:fs';

/** @typedef {import('../../src/shapes.js').Figures} Figures */
/** @typedef {import('../../src/shapes.js').PerformancePoint} PerformancePoint */
/** @typedef {import('../../src/shapes.js').PerformanceReport} PerformanceReport */
/** @typedef {import('../../src/shapes.js').RangeName} RangeName */

/** @param {string} name @returns {Record<string, string>} */
const words = (name) =>
  JSON.parse(readFileSync(new URL(`../../src/locales/performance/${name}.json`, import.meta.url), 'utf8'));
export const [en, ko] = ['en', 'ko'].map(words);

/** A Wednesday afternoon, here. */
export const NOW = new Date(2026, 10, 18, 15, 0).getTime() / 1000;

const LENGTHS = /** @type {Record<RangeName, [number, number]>} */ ({
  '5m': [300, 10],
  '1h': [3600, 30],
  '24h': [24 * 3600, 720],
  '7d': [7 * 24 * 3600, 5400],
});

/** @returns {Figures} of a time in which nothing happened */
function nothing() {
  return {
    requests: 0,
    errors: 0,
    throughput: 0,
    error_rate: null,
    response: { average_ms: null, p50_ms: null, p95_ms: null, p99_ms: null },
    cache: { hits: 0, misses: 0, stale: 0, errors: 0, hit_rate: null, layers: {} },
    stages: {},
  };
}

/** @param {number} at @returns {PerformancePoint} */
export function point(at) {
  return {
    at, ...nothing(), memory: null, cpu: null, active: null, machine_cpu: null, queue_length: null, queue_oldest: null,
    web_vitals: {}, web_vitals_count: {},
  };
}

/** @param {RangeName} range @returns {PerformanceReport} */
export function report(range) {
  const [seconds, step] = LENGTHS[range];
  const from = NOW - seconds + step;
  return {
    range, from, to: NOW, point_seconds: step, ...nothing(), memory: 0, cpu: 0, active: 0, system: {}, web_vitals: {},
    pages: {}, calls: {},
    series: Array.from({ length: seconds / step }, (_, index) => point(from + index * step)),
  };
}
