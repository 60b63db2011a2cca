/** @typedef {import('../shapes.js').Chart} Chart */

const FALLBACK = { ms: 100, share: 1, percent: 100, bytes: 1024 ** 2, count: 5, rate: 1, score: 0.1 };

/** The least that an axis reaches up to, so that noise near zero does not look like a mountain. */
const LEAST = { ms: 1, share: 1, percent: 10, bytes: 1024 ** 2, count: 5, rate: 0.5, score: 0.01 };

/**
 * From where to where the vertical axis goes. What good is stays in sight, what poor is when it is near.
 * @param {Chart} chart
 * @param {number | null} lowest of what is shown
 * @param {number | null} highest
 * @returns {[number, number]}
 */
export function verticalRange({ kind, bounds, logarithmic }, lowest, highest) {
  if (logarithmic) {
    const from = 10 ** Math.floor(Math.log10(Math.max(lowest ?? 1, 0.01)));
    const to = 10 ** Math.ceil(Math.log10(Math.max(highest ?? 1000, from * 1.01)));
    return [from, to];
  }
  if (kind === 'share') return [0, 1];
  const good = bounds.find(({ tone }) => tone === 'good')?.value ?? 0;
  const reached = Math.max(highest ?? FALLBACK[kind], good, LEAST[kind]);
  return [0, reached * 1.12];
}

/**
 * Where the vertical axis of times has lines; uPlot finds those of the others.
 * @param {number} from @param {number} to powers of ten
 */
export function powersOfTen(from, to) {
  const first = Math.round(Math.log10(from));
  const count = Math.round(Math.log10(to)) - first + 1;
  return Array.from({ length: count }, (_, step) => 10 ** (first + step));
}

/** More dots than these hide the line that they stand on. */
const MOST_DOTS = 40;

/**
 * Which points are dots too: those that would be a line without length, as nothing is known on
 * either side; on a line that goes on over the unknown, where it was measured.
 * @param {readonly (number | null | undefined)[]} values
 * @param {boolean} spanning
 */
export function dotted(values, spanning) {
  const known = [...values.keys()].filter((index) => values[index] !== null && values[index] !== undefined);
  if (spanning) return known.length <= MOST_DOTS ? known : [];
  const all = new Set(known);
  return known.filter((index) => !all.has(index - 1) && !all.has(index + 1));
}

/**
 * @param {readonly (number | null)[]} values
 * @returns {{latest: number, lowest: number, highest: number} | null}
 */
export function extent(values) {
  const known = values.filter((value) => value !== null);
  if (!known.length) return null;
  return { latest: known[known.length - 1], lowest: Math.min(...known), highest: Math.max(...known) };
}
