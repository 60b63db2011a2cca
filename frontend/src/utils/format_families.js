/** Files by the name that people know them by, not by each of their endings. */
const FAMILIES = {
  Word: ['.docx', '.docm', '.doc'],
  PowerPoint: ['.pptx', '.pptm', '.ppt'],
  Excel: ['.xlsx', '.xlsm', '.xls'],
  HTML: ['.html', '.htm', '.xhtml'],
  Markdown: ['.md', '.markdown'],
  TXT: ['.txt', '.text', '.log', '.srt', '.vtt', '.diff', '.patch'],
  JSON: ['.json', '.jsonl', '.ndjson'],
  CSV: ['.csv', '.tsv'],
  OpenDocument: ['.odt', '.ods', '.odp'],
  Email: ['.eml', '.msg'],
  Jupyter: ['.ipynb'],
};

/** Of documents, as against source code, the other endings. */
const DOCUMENTS = ['.pdf', '.rst', '.epub', '.hwpx', '.hwp', '.rtf', '.zip'];

/** @type {Map<string, string>} */
const NAMES = new Map(Object.entries(FAMILIES).flatMap(([name, endings]) => endings.map((ending) => [ending, name])));

/**
 * @param {string[]} endings such as `.pdf`
 * @param {string} code what source code is called
 * @returns {string[]} the kinds of files, each once, in the order of the endings
 */
export function formatFamilies(endings, code) {
  const own = (/** @type {string} */ ending) => (DOCUMENTS.includes(ending) ? ending.slice(1).toUpperCase() : code);
  return [...new Set(endings.map((ending) => NAMES.get(ending) ?? own(ending)))];
}
