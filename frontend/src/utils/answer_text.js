import { withoutCitationMarks } from './citation_marks.js';

/**
 * An answer without its Markdown's signs and its numbers: near enough to what is drawn of it to be
 * found by the same words.
 * @param {string} text
 */
export function plainWords(text) {
  return withoutCitationMarks(text).replace(/\*\*|__|`+|^#{1,6} |^ {0,3}> /gm, '');
}
