/**
 * All keys that the page listens to, beyond what a browser does by itself: here they are defined,
 * recognised and named.
 *
 * @typedef {object} Shortcut
 * @property {string} id its words are `shortcut.ID`
 * @property {'everywhere' | 'chat' | 'search'} group
 * @property {string[][]} keys one or several ways; `Mod` is Ctrl, on a Mac the command key
 * @property {boolean} [single] a sign alone, without Ctrl: it can be switched off
 */

export const GROUPS = /** @type {const} */ (['everywhere', 'chat', 'search']);

/** @type {Shortcut[]} */
export const SHORTCUTS = [
  { id: 'palette', group: 'everywhere', keys: [['Mod', 'K']] },
  { id: 'conversations', group: 'everywhere', keys: [['/']], single: true },
  { id: 'shortcuts', group: 'everywhere', keys: [['?']], single: true },
  { id: 'close', group: 'everywhere', keys: [['Esc']] },
  { id: 'send', group: 'chat', keys: [['Enter']] },
  { id: 'new_line', group: 'chat', keys: [['Shift', 'Enter']] },
  { id: 'stop', group: 'chat', keys: [['Esc']] },
  { id: 'move', group: 'search', keys: [['↑'], ['↓']] },
  { id: 'open', group: 'search', keys: [['Enter']] },
];

/** As `aria-keyshortcuts` names them. @type {Record<string, string>} */
const ARIA_NAMES = { Esc: 'Escape', '↑': 'ArrowUp', '↓': 'ArrowDown' };

export function isApple(platform = globalThis.navigator?.platform ?? '') {
  return /^(Mac|iPhone|iPad)/.test(platform);
}

/** @param {string} id */
function shortcut(id) {
  return /** @type {Shortcut} */ (SHORTCUTS.find((item) => item.id === id));
}

/** @param {string} id @param {boolean} [apple] @returns {string[][]} as they stand on the keyboard */
export function keyNames(id, apple = isApple()) {
  return shortcut(id).keys.map((keys) => keys.map((key) => (key === 'Mod' ? (apple ? '⌘' : 'Ctrl') : key)));
}

/** @param {string} id @param {boolean} [apple] @returns {string} for the attribute `aria-keyshortcuts` */
export function ariaKeys(id, apple = isApple()) {
  const name = (/** @type {string} */ key) => (key === 'Mod' ? (apple ? 'Meta' : 'Control') : (ARIA_NAMES[key] ?? key));
  return shortcut(id).keys.map((keys) => keys.map(name).join('+')).join(' ');
}

/**
 * Whether a shortcut of the page as a whole was pressed. A single sign is text where one types.
 * @param {KeyboardEvent} event
 * @param {string} id
 * @param {{single?: boolean, apple?: boolean}} [options] single: whether signs alone are listened to
 */
export function isPressed(event, id, { single = true, apple = isApple() } = {}) {
  if (event.isComposing || event.repeat) return false;
  const { keys, single: isSingle } = shortcut(id);
  const [first] = keys;
  const mod = apple ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
  const key = /** @type {string} */ (first.at(-1));
  if (isSingle) {
    const bare = !event.ctrlKey && !event.metaKey && !event.altKey;
    return single && bare && event.key === key && !isTyping(event.target);
  }
  if (first.includes('Mod') !== mod || event.altKey || event.shiftKey !== first.includes('Shift')) return false;
  // A Korean keyboard says «ㅏ» where K is; a Dvorak one says another Latin letter, and means it.
  return event.key.toUpperCase() === key || (event.code === `Key${key}` && !/^[a-z]$/i.test(event.key));
}

/** @param {EventTarget | null} target */
function isTyping(target) {
  return Boolean(/** @type {Element | null} */ (target)?.closest?.('input, textarea, select, dialog, [contenteditable]'));
}
