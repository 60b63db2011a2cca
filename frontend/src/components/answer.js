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
 * number.
 */
class Answer extends LightElement {
  static properties = {
    text: {},
    growing: { type: Boolean },
    sources: { attribute: false },
    citations: { attribute: false },
    opened: { type: Number },
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
    /** The number whose source stands open. @type {number | null} */
    this.opened = null;
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
    this.#blocks ??= new blocks.module.AnswerBlocks(this, (n) => this.emit('cite', n));
    this.#blocks.draw(this, redraw);
    for (const chip of this.querySelectorAll('button.citation')) {
      chip.setAttribute('aria-expanded', String(Number(chip.textContent) === this.opened));
    }
  }
}

define('lo-answer', Answer);
