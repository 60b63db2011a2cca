/** Files by the name that people know them by, not by each of their endings. */
const FAMILIES = {
  Word: ['.docx', '.docm', '.doc'],
  PowerPoint: ['.pptx', '.pptm', '.ppt'],
  Excel: ['.xlsx', '.xlsm', '.xls'],
  HTML: ['.html', '.htm', '.xhtml'],
  Markdown: ['.md', '.markdown'],
  TXT: ['.txt', '.text', '.log'],
  CSV: ['.csv', '.tsv'],
  OpenDocument: ['.odt', '.ods', '.odp'],
  Email: ['.eml', '.msg'],
  Jupyter: ['.ipynb'],
};

/** @type {Map<string, string>} */
const NAMES = new Map(Object.entries(FAMILIES).flatMap(([name, endings]) => endings.map((ending) => [ending, name])));

/**
 * @param {string[]} endings such as `.pdf`
 * @returns {string[]} the kinds of files, each once, in the order of the endings
 */
export function formatFamilies(endings) {
  return [...new Set(endings.map((ending) => NAMES.get(ending) ?? ending.slice(1).toUpperCase()))];
}
