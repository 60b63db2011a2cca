/**
 * Keeps what is being read where it stands while something is put in above it. Browsers do so by
 * themselves, but not at the very top, and Safari not at all.
 */
export class ScrollAnchor {
  /** @type {Element | null} */
  #element = null;
  #offset = 0;

  /** Note what stands at the scroller's top. @param {Element} scroller @param {Element} column of children in order */
  remember(scroller, column) {
    const { top } = scroller.getBoundingClientRect();
    const { children } = column;
    let low = 0;
    let high = children.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (children[middle].getBoundingClientRect().bottom > top) high = middle;
      else low = middle + 1;
    }
    this.#element = children[low] ?? null;
    this.#offset = this.#element ? this.#element.getBoundingClientRect().top - top : 0;
  }

  /** Bring it back there. @param {Element} scroller */
  restore(scroller) {
    if (!this.#element?.isConnected) return;
    const { top } = scroller.getBoundingClientRect();
    const moved = this.#element.getBoundingClientRect().top - top - this.#offset;
    if (Math.abs(moved) >= 1) scroller.scrollTop += moved;
  }
}
