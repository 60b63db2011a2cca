/** @typedef {import('../shapes.js').Search} Search */
/** @typedef {import('../shapes.js').SearchMode} SearchMode */

export const MODES = /** @type {SearchMode[]} */ (['hybrid', 'bm25', 'vector']);
/** How many passages are asked for, step by step; the server gives no more than the last. */
const COUNTS = [10, 25, 50, 100];

/**
 * Read what is searched from the page's address; what makes no sense there is left out.
 * @param {string} text `location.search`
 * @returns {Search}
 */
export function readSearch(text) {
  const fields = new URLSearchParams(text);
  const mode = /** @type {SearchMode} */ (fields.get('mode'));
  const count = Number(fields.get('k'));
  return {
    query: (fields.get('q') ?? '').trim(),
    mode: MODES.includes(mode) ? mode : 'hybrid',
    collection: fields.get('collection') || null,
    count: COUNTS.includes(count) ? count : COUNTS[0],
  };
}

/**
 * @param {Partial<Search>} search
 * @returns {string} an address of this page: short, for most fields are as usual
 */
export function searchAddress({ query = '', mode = 'hybrid', collection = null, count = COUNTS[0] }) {
  const fields = new URLSearchParams();
  if (query) fields.set('q', query);
  if (mode !== 'hybrid') fields.set('mode', mode);
  if (collection) fields.set('collection', collection);
  if (count !== COUNTS[0]) fields.set('k', String(count));
  const text = fields.toString();
  return text ? `/search?${text}` : '/search';
}

/** @param {number} count @returns {number | null} how many to ask for next, or that there are no more */
export function nextCount(count) {
  return COUNTS.find((more) => more > count) ?? null;
}
