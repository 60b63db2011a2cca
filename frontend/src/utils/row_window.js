/**
 * Rows of known heights, of which only those near the screen are drawn. Rows that wrap would have
 * to be measured; these do not, which leaves a few sums of what a virtualizer is for.
 */

/**
 * @template T
 * @typedef {{label: string, items: T[]}} Group
 */
/**
 * @template T
 * @typedef {{key: string, group: Group<T>, place: number, item: T | null, top: number}} Row
 *   `item` is `null` for a group's heading; `place` counts a group's items from 0
 */
/** @typedef {{heading: number, item: number}} Heights in pixels */

const STEP = 8;

/**
 * @template {{id: string}} T
 * @param {Group<T>[]} groups
 * @param {Heights} heights
 * @returns {{rows: Row<T>[], height: number}}
 */
export function layOut(groups, heights) {
  /** @type {Row<T>[]} */
  const rows = [];
  let top = 0;
  for (const group of groups) {
    rows.push({ key: `heading ${group.label}`, group, place: -1, item: null, top });
    top += heights.heading;
    group.items.forEach((item, place) => {
      rows.push({ key: item.id, group, place, item, top });
      top += heights.item;
    });
  }
  return { rows, height: top };
}

/**
 * @template T
 * @param {Row<T>[]} rows
 * @param {number} from
 * @param {number} to
 * @returns {[number, number]} the first row that stands between two heights, and the one after the
 *   last; in steps, so that not every row that is scrolled by draws the list again
 */
export function rowsBetween(rows, from, to) {
  const first = Math.max(0, firstBelow(rows, from) - 1);
  const last = firstBelow(rows, to);
  return [first - (first % STEP), Math.min(rows.length, last + STEP - (last % STEP))];
}

/**
 * @template T
 * @param {Row<T>[]} rows
 * @param {number} height
 */
function firstBelow(rows, height) {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle].top > height) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * @param {string} key what was pressed
 * @param {{at: number, page: number, last: number}} where the place now, how many rows are a page, the last place
 * @returns {number | null} the place that the key leads to
 */
export function placeAfter(key, { at, page, last }) {
  /** @type {Record<string, number>} */
  const places = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: last };
  return Object.hasOwn(places, key) ? Math.max(0, Math.min(places[key], last)) : null;
}
