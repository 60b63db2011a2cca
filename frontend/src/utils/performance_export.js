/** @typedef {import('../shapes.js').PerformancePoint} Point */
/** @typedef {import('../shapes.js').PerformanceReport} Report */

/**
 * One line a point; what a point does not know stays empty. Columns are named by the way to a
 * value in the JSON: `stages.bm25.p95_ms`.
 * @param {Report} report
 */
export function toCsv({ series }) {
  const rows = series.map(({ at, ...point }) => ({ at: new Date(at * 1000).toISOString(), ...flat(point) }));
  const columns = [...new Set(rows.flatMap(Object.keys))];
  const lines = rows.map((row) => columns.map((name) => cell(/** @type {any} */ (row)[name])));
  return [columns, ...lines].map((cells) => `${cells.join(',')}\r\n`).join('');
}

/** @param {Report} report */
export function toJson(report) {
  return JSON.stringify(report, null, 2);
}

/**
 * @param {Report} report
 * @param {'csv' | 'json'} extension
 */
export function exportName({ range, to }, extension) {
  const moment = new Date(to * 1000);
  const two = (/** @type {number} */ part) => String(part).padStart(2, '0');
  const date = `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
  return `like-opt-performance-${range}-${date}-${two(moment.getHours())}${two(moment.getMinutes())}.${extension}`;
}

/**
 * @param {object} values
 * @param {string} [prefix]
 * @returns {Record<string, unknown>}
 */
function flat(values, prefix = '') {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      value !== null && typeof value === 'object'
        ? Object.entries(flat(value, `${prefix}${name}.`))
        : [[prefix + name, value]],
    ),
  );
}

/** @param {unknown} value */
function cell(value) {
  return value === null || value === undefined ? '' : String(value);
}
