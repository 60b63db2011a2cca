/**
 * Put a text on the clipboard. Without HTTPS a page has no `navigator.clipboard`: there the browser's
 * own command copies what the page hands it.
 * @param {string} text
 */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const hand = (/** @type {ClipboardEvent} */ event) => {
      event.clipboardData?.setData('text/plain', text);
      event.preventDefault();
    };
    document.addEventListener('copy', hand, { once: true });
    document.execCommand('copy');
  }
}
