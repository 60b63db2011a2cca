import { atom } from 'nanostores';

import { fetchPerformance } from '../services/performance.js';
import { hintsOf } from '../utils/performance_hints.js';
import { pollWhileVisible } from '../utils/poll_visible.js';
import { isAbort, toProblem } from '../utils/problem.js';

/** @typedef {import('../shapes.js').Hint} Hint */
/** @typedef {import('../shapes.js').PerformanceReport} PerformanceReport */
/** @typedef {import('../shapes.js').Problem} Problem */
/** @typedef {import('../shapes.js').RangeName} RangeName */

/** @type {RangeName[]} */
export const RANGES = ['5m', '1h', '24h', '7d'];
/** How often each range is asked for: a point of a week stands for an hour and a half. */
export const REFRESH_SECONDS = /** @type {Record<RangeName, number>} */ ({ '5m': 5, '1h': 10, '24h': 30, '7d': 60 });
const HINTS_SECONDS = 60;
const WEEK_SECONDS = 600;

/** The report stays while a new one is fetched, also when that fails. */
export const $performance = atom(
  /** @type {{report: PerformanceReport | null, problem: Problem | null}} */ ({ report: null, problem: null }),
);
/** `hints` is null where they could not be found out. */
export const $hints = atom(/** @type {{hints: Hint[] | null, to: number} | null} */ (null));
/** @type {PerformanceReport | null} */
let week = null;

/** @param {RangeName} range @param {AbortSignal} [signal] */
export async function loadPerformance(range, signal) {
  try {
    const report = await fetchPerformance(range, signal);
    if (!signal?.aborted) $performance.set({ report, problem: null });
  } catch (error) {
    if (!isAbort(error)) $performance.set({ ...$performance.get(), problem: toProblem(error) });
  }
}

/**
 * Keep the report and the hints fresh while the page is visible.
 * @param {RangeName} range
 * @returns {() => void} stop
 */
export function watchPerformance(range) {
  const stopReport = pollWhileVisible((signal) => loadPerformance(range, signal), REFRESH_SECONDS[range] * 1000);
  const stopHints = pollWhileVisible(loadHints, HINTS_SECONDS * 1000);
  return () => {
    stopReport();
    stopHints();
  };
}

/** @param {AbortSignal} [signal] */
export async function loadHints(signal) {
  try {
    const hour = await fetchPerformance('1h', signal);
    if (!week || hour.to - week.to >= WEEK_SECONDS) week = await fetchPerformance('7d', signal);
    if (!signal?.aborted) $hints.set({ hints: hintsOf({ hour, week }), to: hour.to });
  } catch (error) {
    // Those that are known stay; a server that is away is told by the report, which is asked for more often.
    if (!isAbort(error)) $hints.set($hints.get() ?? { hints: null, to: 0 });
  }
}
