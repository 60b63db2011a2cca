import { claimBefore } from '../utils/claims.js';
import { Lazy } from '../utils/lazy.js';
import { define, LightElement } from '../utils/light_element.js';

/** @typedef {import('../shapes.js').Citation} Citation */
/** @typedef {import('../shapes.js').Source} Source */

/** Markdown and its sanitiser are not needed before there is an answer to draw. */
const blocks = new Lazy(() => import(/* webpackChunkName: "markdown" */ './answer_blocks.js'));

/** Fetch them ahead: answers are then drawn at once, and nothing jumps. */
export function loadAnswerBlocks() {
  return blocks.load();
}

/**
 * An answer's Markdown. Numbers whose quote was found are buttons that emit `cite` with the
 * number, its place among all of the answer, and the claim before it.
 */
class Answer extends LightElement {
  static properties = {
    text: {},
    growing: { type: Boolean },
    sources: { attribute: false },
    citations: { attribute: false },
    openedMark: { type: Number },
  };

  /** @type {import('./answer_blocks.js').AnswerBlocks | null} */
  #blocks = null;

  constructor() {
    super();
    this.text = '';
    this.growing = false;
    /** @type {Source[]} */
    this.sources = [];
    /** @type {Citation[]} */
    this.citations = [];
    /** Which of the numbers stands open, from 0. @type {number | null} */
    this.openedMark = null;
  }

  render() {
    return undefined;
  }

  /** @param {Map<string, unknown>} changed */
  updated(changed) {
    if (this.text === '' && !this.#blocks) return;
    if (blocks.module) this.#draw(['growing', 'sources', 'citations'].some((name) => changed.has(name)));
    else void this.#drawLater();
  }

  async #drawLater() {
    try {
      await loadAnswerBlocks();
      this.#draw(true);
    } catch {
      // Without the library the words are still there to be read.
      this.textContent = this.text;
    }
  }

  /** @param {boolean} redraw whether what is drawn already has changed its meaning */
  #draw(redraw) {
    if (!blocks.module) return;
    this.#blocks ??= new blocks.module.AnswerBlocks(this, (n, chip) => this.#cite(n, chip));
    this.#blocks.draw(this, redraw);
    this.#chips.forEach((chip, mark) => chip.setAttribute('aria-expanded', String(mark === this.openedMark)));
  }

  get #chips() {
    return [...this.querySelectorAll('button.citation')];
  }

  /** @param {number} n @param {HTMLElement} chip */
  #cite(n, chip) {
    this.emit('cite', { n, mark: this.#chips.indexOf(chip), claim: claimBefore(chip) });
  }
}

define('lo-answer', Answer);
