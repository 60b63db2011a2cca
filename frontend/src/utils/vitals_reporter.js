import { Lazy } from './lazy.js';
import { readStored, writeStored } from './local_storage.js';

/** @typedef {{name: string, value: number, timestamp: number}} Metric */

const library = new Lazy(() => import(/* webpackChunkName: "vitals" */ 'web-vitals'));
const ADDRESS = '/api/v1/metrics';
const INTERVAL = 30_000;
const KEPT = 200;

/**
 * Collect measurements and send them at most every 30 s, and when the page is hidden; what
 * could not be sent is kept and tried again, on the next visit too.
 */
export class VitalsReporter {
  /** @type {Metric[]} */
  #queue = [];
  /** The longest interaction yet, until the page is hidden: only then nothing longer can come. */
  #interaction = /** @type {number | null} */ (null);
  #timer = /** @type {ReturnType<typeof setInterval> | undefined} */ (undefined);
  #onHidden = () => {
    if (document.visibilityState !== 'hidden') return;
    if (this.#interaction !== null) this.record('inp', this.#interaction);
    this.#interaction = null;
    this.send();
  };

  #library;

  /** @param {Pick<typeof library, 'load'>} [source] of `web-vitals` */
  constructor(source = library) {
    this.#library = source;
  }

  /** @returns {() => void} stop */
  start() {
    this.#timer = setInterval(() => this.send(), INTERVAL);
    document.addEventListener('visibilitychange', this.#onHidden);
    void this.#observe();
    return () => {
      clearInterval(this.#timer);
      document.removeEventListener('visibilitychange', this.#onHidden);
    };
  }

  /**
   * @param {string} name
   * @param {number} value in milliseconds, but for `cls`
   */
  record(name, value) {
    this.#queue.push({ name, value: Math.round(value * 1000) / 1000, timestamp: Date.now() });
    if (this.#queue.length > KEPT) this.#queue.splice(0, this.#queue.length - KEPT);
  }

  send() {
    const kept = storedMetrics();
    const metrics = [...kept, ...this.#queue].slice(-KEPT);
    if (metrics.length === 0) return;
    const body = JSON.stringify({
      metrics,
      userAgent: navigator.userAgent,
      // The address alone: a conversation's id says nothing about speed.
      url: location.origin + location.pathname.split('/').slice(0, 2).join('/'),
      timestamp: Date.now(),
    });
    // A beacon is taken on, and lost, when there is no network: only the browser knows that.
    const sent = navigator.onLine !== false
      && navigator.sendBeacon(ADDRESS, new Blob([body], { type: 'application/json' }));
    this.#queue = [];
    if (!sent) writeStored('metrics', metrics);
    else if (kept.length) writeStored('metrics', null);
  }

  async #observe() {
    const vitals = await this.#library.load().catch(() => null);
    if (!vitals) return; // nothing is measured on this visit
    for (const on of [vitals.onLCP, vitals.onCLS, vitals.onTTFB, vitals.onFCP]) {
      on((metric) => this.record(metric.name.toLowerCase(), metric.value));
    }
    // Every change: its one report at the end leaves out what was done just before the page was hidden.
    vitals.onINP((metric) => { this.#interaction = metric.value; }, { reportAllChanges: true });
    this.#observeFirstInput();
  }

  /** First Input Delay has left the Web Vitals for INP; where a browser reports it, it is kept. */
  #observeFirstInput() {
    if (!PerformanceObserver.supportedEntryTypes?.includes('first-input')) return;
    const observer = new PerformanceObserver((list) => {
      const [entry] = /** @type {PerformanceEventTiming[]} */ (list.getEntries());
      this.record('fid', entry.processingStart - entry.startTime);
      observer.disconnect();
    });
    observer.observe({ type: 'first-input', buffered: true });
  }
}

/**
 * What could not be sent, by this tab or another one: whoever sends first takes all of it.
 * @returns {Metric[]}
 */
function storedMetrics() {
  const stored = readStored('metrics', /** @type {unknown} */ ([]));
  return Array.isArray(stored) ? stored : [];
}
