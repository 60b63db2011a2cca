/**
 * Give the focus to something near, where what had it is gone: keys alone would begin at the page's top again.
 * @param {Element} root
 * @param {string} selector
 */
export function keepFocus(root, selector) {
  if (document.activeElement && document.activeElement !== document.body) return;
  /** @type {HTMLElement | null} */ (root.querySelector(selector))?.focus();
}
