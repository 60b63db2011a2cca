import { language, t } from './i18n.js';

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'];

/** @param {number} bytes in steps of 1024, as limits are set: 200 MB, not 209.7 */
export function formatBytes(bytes) {
  const step = bytes < 1 ? 0 : Math.min(3, Math.floor(Math.log2(bytes) / 10));
  return new Intl.NumberFormat(language(), {
    style: 'unit',
    unit: UNITS[step],
    unitDisplay: step > 0 ? 'short' : 'long', // the short byte has no plural
    maximumFractionDigits: step > 1 ? 1 : 0,
  }).format(bytes / 1024 ** step);
}

/** @param {number} ratio from 0 to 1 */
export function formatPercent(ratio) {
  return new Intl.NumberFormat(language(), { style: 'percent' }).format(ratio);
}

/**
 * About how long something will still take: no more exactly than it can be known.
 * @param {number | [number, number]} seconds, or at least and at most so many
 * @returns {string}
 */
export function formatLeft(seconds) {
  if (Array.isArray(seconds)) return formatBetween(...seconds);
  if (seconds < 10) return t('left.moment');
  if (seconds < 50) return t('left.seconds', { seconds: Math.ceil(seconds / 10) * 10 });
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 90) return t('left.minutes', { count: minutes });
  return t('left.hours', { count: Math.round(minutes / 60) });
}

/** @param {number} least @param {number} most seconds @returns {string} */
function formatBetween(least, most) {
  const [unit, length] = most < 50 ? ['seconds', 10] : most < 5400 ? ['minutes', 60] : ['hours', 3600];
  const step = unit === 'seconds' ? 10 : 1;
  const low = Math.max(step, Math.round(least / length) * step);
  const high = Math.max(step, Math.ceil(most / length) * step);
  return low >= high || most < 10 ? formatLeft(most) : t(`left.${unit}_between`, { low, high });
}

/** @param {number} milliseconds */
export function formatMilliseconds(milliseconds) {
  return new Intl.NumberFormat(language(), {
    style: 'unit',
    unit: 'millisecond',
    unitDisplay: 'short',
    maximumFractionDigits: milliseconds < 10 ? 1 : 0,
  }).format(milliseconds);
}

/** @param {number} rank as "1st", "2nd" */
export function formatRank(rank) {
  const form = new Intl.PluralRules(language(), { type: 'ordinal' }).select(rank);
  return t(`rank.${form}`, { rank });
}

/** @param {string} iso */
export function formatDate(iso) {
  return new Intl.DateTimeFormat(language(), { dateStyle: 'medium' }).format(new Date(iso));
}

/** @param {string} iso */
export function formatTime(iso) {
  return new Intl.DateTimeFormat(language(), { dateStyle: 'medium', timeStyle: 'short' }).format(
    new Date(iso),
  );
}

/**
 * Group a list that is sorted newest first under "Today", "Yesterday", days and months.
 * @template T
 * @param {T[]} items
 * @param {(item: T) => string} timeOf an ISO time
 * @param {Date} [now]
 * @returns {{label: string, items: T[]}[]}
 */
export function groupByDay(items, timeOf, now = new Date()) {
  /** @type {{label: string, items: T[]}[]} */
  const groups = [];
  const formats = {
    weekday: new Intl.DateTimeFormat(language(), { weekday: 'long' }),
    month: new Intl.DateTimeFormat(language(), { year: 'numeric', month: 'long' }),
  };
  const today = startOfDay(now);
  let day = Number.NaN;
  for (const item of items) {
    const date = new Date(timeOf(item));
    const start = startOfDay(date);
    const last = groups.at(-1);
    if (last && start === day) {
      last.items.push(item);
      continue;
    }
    day = start;
    const label = dayLabel(date, Math.round((today - start) / 86_400_000), formats);
    if (last?.label === label) last.items.push(item);
    else groups.push({ label, items: [item] });
  }
  return groups;
}

/**
 * @param {Date} date
 * @param {number} days how long ago
 * @param {{weekday: Intl.DateTimeFormat, month: Intl.DateTimeFormat}} formats
 */
function dayLabel(date, days, formats) {
  if (days <= 0) return t('day.today');
  if (days === 1) return t('day.yesterday');
  return (days < 7 ? formats.weekday : formats.month).format(date);
}

/** @param {Date} date */
function startOfDay(date) {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}
