/** @typedef {import('../shapes.js').FigureKind} FigureKind */
/** @typedef {import('../shapes.js').VitalName} VitalName */
/** @typedef {{kind: FigureKind, good: number, poor: number}} VitalBounds */

/** Up to where browsers' makers call three visits in four good, and from where on poor. */
export const VITALS = /** @type {Record<Exclude<VitalName, 'fid'>, VitalBounds>} */ ({
  lcp: { kind: 'ms', good: 2500, poor: 4000 },
  inp: { kind: 'ms', good: 200, poor: 500 },
  cls: { kind: 'score', good: 0.1, poor: 0.25 },
  fcp: { kind: 'ms', good: 1800, poor: 3000 },
  ttfb: { kind: 'ms', good: 800, poor: 1800 },
});

export const DEVICES = /** @type {const} */ (['desktop', 'phone']);

/**
 * @param {VitalBounds} bounds
 * @param {number} p75
 * @returns {'good' | 'fair' | 'poor'}
 */
export function rating({ good, poor }, p75) {
  return p75 <= good ? 'good' : p75 <= poor ? 'fair' : 'poor';
}
