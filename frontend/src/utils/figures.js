import { formatBytes } from './format.js';
import { language, t } from './i18n.js';

/** @typedef {import('../shapes.js').FigureKind} FigureKind */

/** What stands where nothing is known. */
export const UNKNOWN = '–';

/**
 * Write a figure in the page's language, as exactly as it helps.
 * @param {FigureKind} kind
 * @param {number | null | undefined} value
 */
export function formatFigure(kind, value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return UNKNOWN;
  return FORMATS[kind](value);
}

/** @type {Record<FigureKind, (value: number) => string>} */
const FORMATS = {
  ms: formatDuration,
  share: (value) => number(value, { style: 'percent', maximumFractionDigits: 1 }),
  percent: (value) => number(value / 100, { style: 'percent', maximumFractionDigits: value < 10 ? 1 : 0 }),
  bytes: formatBytes,
  count: (value) => number(value, { maximumFractionDigits: value < 100 ? 1 : 0 }),
  rate: (value) => t('figure.per_second', { value: number(value, { maximumFractionDigits: value < 1 ? 3 : 1 }) }),
  score: (value) => number(value, { maximumFractionDigits: 3 }),
};

const UNITS = /** @type {const} */ ([
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
]);

/** @param {number} milliseconds */
function formatDuration(milliseconds) {
  const [unit, size] = UNITS.find(([, least]) => milliseconds >= least) ?? ['millisecond', 1];
  const value = milliseconds / size;
  return number(value, {
    style: 'unit',
    unit,
    unitDisplay: 'short',
    maximumFractionDigits: unit === 'millisecond' ? (value < 1 ? 2 : value < 10 ? 1 : 0) : value < 10 ? 1 : 0,
  });
}

/** @param {number} value @param {Intl.NumberFormatOptions} options */
function number(value, options) {
  return new Intl.NumberFormat(language(), options).format(value);
}

/**
 * @param {number} at seconds since 1970
 * @param {number} step how many seconds a point stands for
 */
export function formatMoment(at, step) {
  return when(at, {
    month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23',
    ...(step < 60 && { second: '2-digit' }),
  });
}

/** @param {number} at */
export function formatClock(at) {
  return when(at, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
}

/**
 * Label a time axis: the hour, and at midnight the day.
 * @param {number} at @param {number} step seconds between two labels
 */
export function formatTick(at, step) {
  const date = new Date(at * 1000);
  if (date.getHours() + date.getMinutes() + date.getSeconds() === 0) {
    return when(at, { weekday: 'short', day: 'numeric' });
  }
  return when(at, {
    hour: '2-digit', minute: '2-digit', hourCycle: 'h23', ...(step < 60 && { second: '2-digit' }),
  });
}

/**
 * Since which day something holds, seen from now: «since Tuesday».
 * @param {number | null} at the day's beginning; `null`: for the whole week
 * @param {number} now
 */
export function formatSince(at, now) {
  if (at === null) return t('since.week');
  const days = Math.round((dayStart(now) - dayStart(at)) / 86_400);
  if (days <= 0) return t('since.today');
  if (days === 1) return t('since.yesterday');
  return t('since.day', { day: when(at, { weekday: 'long' }) });
}

/** @param {number} at @returns {number} midnight of that day, here */
export function dayStart(at) {
  return new Date(at * 1000).setHours(0, 0, 0, 0) / 1000;
}

/** @param {number} at @param {Intl.DateTimeFormatOptions} options */
function when(at, options) {
  return new Intl.DateTimeFormat(language(), options).format(new Date(at * 1000));
}
