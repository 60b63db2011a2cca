import '../styles/table_scroll.css';
import './answer.css';

import { replaceCitationMarks } from '../utils/citation_marks.js';
import { t } from '../utils/i18n.js';
import { markdownBlocks, renderBlock } from '../utils/markdown.js';
import { dressCode, highlightCode, preloadHighlighter } from './code_block.js';
import './source_chips.js';

/** @typedef {import('../shapes.js').Citation} Citation */
/** @typedef {import('../shapes.js').Source} Source */
/** @typedef {{text: string, growing: boolean, sources: Source[], citations: Citation[]}} Content */

/** Draws an answer block by block: while it grows, only the blocks that changed. */
export class AnswerBlocks {
  #host;
  #onCite;
  /** @type {{key: string, element: HTMLElement}[]} */
  #drawn = [];

  /**
   * @param {HTMLElement} host
   * @param {(n: number, chip: HTMLElement) => void} onCite
   */
  constructor(host, onCite) {
    this.#host = host;
    this.#onCite = onCite;
  }

  /**
   * @param {Content} content
   * @param {boolean} redraw whether what is drawn already has changed its meaning
   */
  draw(content, redraw) {
    const blocks = markdownBlocks(content.text);
    blocks.forEach((block, index) => {
      const before = this.#drawn[index];
      if (before && before.key === block.raw && !redraw) return;
      const element = document.createElement('div');
      element.className = 'answer-block';
      element.append(renderBlock(block));
      this.#dress(element, content);
      if (before) before.element.replaceWith(element);
      else this.#host.append(element);
      this.#drawn[index] = { key: block.raw, element };
    });
    for (const { element } of this.#drawn.splice(blocks.length)) element.remove();
  }

  /** @param {HTMLElement} element @param {Content} content */
  #dress(element, content) {
    replaceCitationMarks(element, (n) => this.#mark(n, content));
    for (const table of element.querySelectorAll('table')) {
      const scroll = document.createElement('div');
      scroll.className = 'table-scroll';
      scroll.tabIndex = 0;
      scroll.setAttribute('role', 'group');
      scroll.setAttribute('aria-label', t('answer.table'));
      table.replaceWith(scroll);
      scroll.append(table);
    }
    for (const pre of element.querySelectorAll('pre')) {
      dressCode(pre);
      if (content.growing) preloadHighlighter();
      else void highlightCode(pre);
    }
  }

  /** @param {number} n @param {Content} content */
  #mark(n, { sources, citations, growing }) {
    const source = sources.find((item) => item.n === n);
    if (!source) return null;
    if (growing) {
      const waiting = document.createElement('span');
      waiting.className = 'citation citation-waiting';
      waiting.textContent = String(n);
      return waiting;
    }
    if (!citations.some((item) => item.n === n)) return null;
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'citation';
    button.dataset.testid = 'citation';
    button.textContent = String(n);
    const { title, page } = source;
    button.title = page ? t('citation.title_page', { title, page }) : title;
    button.setAttribute('aria-label', t('citation.label', { n, title: button.title }));
    button.addEventListener('click', () => this.#onCite(n, button));
    return button;
  }
}
