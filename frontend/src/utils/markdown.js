import DOMPurify from 'dompurify';
import { Marked } from 'marked';

/**
 * Answers are untrusted text: a document can tell the model what to write. Only these tags
 * leave the sanitiser; no images (they would be requests to third parties), no ids or classes
 * that the page's own styles and scripts know.
 */
const TAGS = [
  'a', 'blockquote', 'br', 'code', 'del', 'em', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'hr', 'li',
  'ol', 'p', 'pre', 'strong', 'sub', 'sup', 'table', 'tbody', 'td', 'th', 'thead', 'tr', 'ul',
];
const ATTRIBUTES = ['href', 'title', 'start', 'align', 'data-language'];
const LINKS = /^(https?:|mailto:)/i;

const marked = new Marked({ gfm: true, breaks: true });
marked.use({
  renderer: {
    // Raw HTML in an answer is shown as the text that it is.
    html: ({ text }) => escapeHtml(text),
    // The page's own title is its only first heading.
    heading({ tokens, depth }) {
      const tag = `h${Math.max(2, depth)}`;
      return `<${tag}>${this.parser.parseInline(tokens)}</${tag}>`;
    },
    image: ({ text, href }) => escapeHtml(text || href),
    code: ({ text, lang }) =>
      `<pre data-language="${escapeHtml((lang ?? '').split(/\s/)[0])}"><code>${escapeHtml(text)}</code></pre>`,
  },
});

/**
 * Cut Markdown into its top-level blocks: while an answer grows only the last one changes.
 * @param {string} text
 */
export function markdownBlocks(text) {
  const tokens = marked.lexer(text);
  const { links } = tokens;
  return tokens
    .filter((token) => token.type !== 'space' && token.type !== 'def')
    .map((token) => ({ raw: token.raw, token, links }));
}

/**
 * @param {{token: import('marked').Token, links: import('marked').Links}} block
 * @returns {DocumentFragment} safe nodes
 */
export function renderBlock({ token, links }) {
  return sanitize(marked.parser(Object.assign([token], { links })));
}

/**
 * @param {string} text
 * @returns {DocumentFragment} safe nodes of a whole text
 */
export function renderMarkdown(text) {
  return sanitize(/** @type {string} */ (marked.parse(text, { async: false })));
}

/** @param {string} html */
function sanitize(html) {
  const fragment = DOMPurify.sanitize(html, {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ATTRIBUTES,
    ALLOWED_URI_REGEXP: LINKS,
    ADD_URI_SAFE_ATTR: ['data-language', 'start', 'align'],
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    RETURN_DOM_FRAGMENT: true,
  });
  for (const link of fragment.querySelectorAll('a')) {
    if (!LINKS.test(link.getAttribute('href') ?? '')) link.replaceWith(...link.childNodes);
    link.setAttribute('target', '_blank');
    link.setAttribute('rel', 'noopener noreferrer nofollow');
  }
  return fragment;
}

/**
 * Highlighted code comes as HTML from a library: only its spans and their classes pass.
 * @param {string} html
 * @returns {DocumentFragment}
 */
export function sanitizeHighlighted(html) {
  return DOMPurify.sanitize(html, {
    ALLOWED_TAGS: ['span'],
    ALLOWED_ATTR: ['class'],
    RETURN_DOM_FRAGMENT: true,
  });
}

/** @param {string} text */
function escapeHtml(text) {
  /** @type {Record<string, string>} */
  const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replace(/[&<>"']/g, (sign) => entities[sign]);
}
