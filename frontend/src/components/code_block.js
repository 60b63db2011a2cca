import { copyText } from '../utils/copy_text.js';
import { t } from '../utils/i18n.js';
import { Lazy } from '../utils/lazy.js';
import { sanitizeHighlighted } from '../utils/markdown.js';
import './icon.js';

const highlighter = new Lazy(() => import(/* webpackChunkName: "highlight" */ '../utils/highlight.js'));

/** Code is being written, and will be coloured when it is complete. */
export function preloadHighlighter() {
  highlighter.preload();
}

/**
 * Put a bar over a block of code: its language and a button that copies it.
 * @param {HTMLPreElement} pre
 */
export function dressCode(pre) {
  const box = document.createElement('div');
  box.className = 'code-block';
  const bar = document.createElement('div');
  bar.className = 'code-bar';
  const name = document.createElement('span');
  name.textContent = pre.dataset.language || t('code.plain');
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'button button-quiet button-small';
  button.textContent = t('action.copy');
  button.addEventListener('click', async () => {
    await copyText(pre.textContent ?? '');
    button.textContent = t('action.copied');
    setTimeout(() => (button.textContent = t('action.copy')), 2000);
  });
  pre.tabIndex = 0;
  pre.setAttribute('aria-label', t('code.label'));
  pre.setAttribute('role', 'group');
  bar.append(name, button);
  pre.replaceWith(box);
  box.append(bar, pre);
}

/**
 * Colour a block of code, if its language is known; the library is a lazy chunk.
 * @param {HTMLPreElement} pre
 */
export async function highlightCode(pre) {
  const language = pre.dataset.language;
  const code = pre.querySelector('code');
  if (!language || !code) return;
  const loaded = await highlighter.load().catch(() => null);
  if (!loaded) return; // plain code can be read, too
  const { highlight } = loaded;
  const html = highlight(code.textContent ?? '', language);
  if (html) code.replaceChildren(sanitizeHighlighted(html));
}
