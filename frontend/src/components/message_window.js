/** @typedef {import('../shapes.js').Message} Message */
/** @typedef {HTMLElement & {message: Message, near: boolean, held: boolean}} MessageElement */

/** How far beyond the screen messages are drawn, in screens. */
const MARGIN = '150%';
const SIGN = 8;
const WIDE_SIGN = 15;
const LINE = 27;
const WIDE = /[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af]/;

/**
 * Draws the messages near the screen. All others stay in the page as plain text that the browser
 * does not lay out (`content-visibility`): they are found by the browser's search, read by screen
 * readers and selected, and a thousand of them cost no more than a thousand lines of text.
 */
export class MessageWindow {
  #observer;
  #width;
  /** @type {WeakSet<Element>} */
  #seen = new WeakSet();

  /** @param {Element} scroller */
  constructor(scroller) {
    this.#width = Math.min(scroller.clientWidth, 760);
    this.#observer = new IntersectionObserver((entries) => this.#onMoved(entries), {
      root: scroller,
      rootMargin: `${MARGIN} 0px`,
    });
  }

  /** @param {Iterable<Element>} elements */
  watch(elements) {
    for (const element of elements) {
      if (this.#seen.has(element)) continue;
      this.#seen.add(element);
      const message = /** @type {MessageElement} */ (element);
      if (!message.near) message.style.containIntrinsicBlockSize = `auto ${this.#estimate(message.message)}px`;
      this.#observer.observe(element);
    }
  }

  disconnect() {
    this.#observer.disconnect();
    this.#seen = new WeakSet();
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #onMoved(entries) {
    for (const { target, isIntersecting, boundingClientRect } of entries) {
      const element = /** @type {MessageElement} */ (target);
      if (!element.isConnected) {
        this.#observer.unobserve(element);
        this.#seen.delete(element);
      } else if (isIntersecting) {
        element.near = true;
        element.style.blockSize = '';
      } else if (element.near && !element.held && !isInUse(element)) {
        // The text alone is not as high as what was drawn of it.
        element.style.blockSize = `${boundingClientRect.height}px`;
        element.near = false;
      }
    }
  }

  /** @param {Message} message @returns {number} about how high it will be, so that the scroll bar tells the truth */
  #estimate({ role, text, sources }) {
    const sign = WIDE.test(text.slice(0, 200)) ? WIDE_SIGN : SIGN;
    const width = role === 'user' ? Math.min(this.#width, 500) : this.#width;
    const lines = text.split('\n').reduce((sum, line) => sum + Math.max(1, Math.ceil((line.length * sign) / width)), 0);
    return Math.round(lines * LINE + (role === 'user' ? 24 : 44 + (sources.length > 0 ? 64 : 0)));
  }
}

/** @param {Element} element whether somebody is writing in it, or has selected a part */
function isInUse(element) {
  if (element.contains(document.activeElement)) return true;
  const selection = document.getSelection();
  return Boolean(selection && !selection.isCollapsed && selection.containsNode(element, true));
}
