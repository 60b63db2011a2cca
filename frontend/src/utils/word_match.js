/**
 * Signs taken apart, so that a syllable that is still being typed finds the whole: «서» is in «설정».
 * @param {string} text
 */
function apart(text) {
  return text.normalize('NFKD').toLowerCase();
}

/**
 * @param {string} query
 * @param {string} text
 * @returns {boolean} whether every word of the query is somewhere in the text
 */
export function matchesWords(query, text) {
  const whole = apart(text);
  return apart(query).split(/\s+/).every((word) => whole.includes(word));
}
