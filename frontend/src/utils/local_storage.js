/** `localStorage` throws in private windows and when it is full; the page works without it. */

const PREFIX = 'likeopt.';

/** @param {string} key as `storage` events name it */
export function storedKey(key) {
  return PREFIX + key;
}

/**
 * @template T
 * @param {string} key
 * @param {T} fallback
 * @returns {T}
 */
export function readStored(key, fallback) {
  try {
    const text = localStorage.getItem(PREFIX + key);
    return text === null ? fallback : JSON.parse(text);
  } catch {
    return fallback;
  }
}

/**
 * @param {string} key
 * @param {unknown} value `null` removes it
 * @returns {boolean} whether it is kept
 */
export function writeStored(key, value) {
  try {
    if (value === null) localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

/**
 * @param {string} prefix
 * @param {() => void} listener called when another window has changed something that begins with it
 * @returns {() => void} unsubscribe
 */
export function watchStored(prefix, listener) {
  const onStorage = (/** @type {StorageEvent} */ { key }) => {
    if (key === null || key.startsWith(PREFIX + prefix)) listener();
  };
  addEventListener('storage', onStorage);
  return () => removeEventListener('storage', onStorage);
}

/**
 * Remove everything that begins with a prefix: drafts, when somebody signs out.
 * @param {string} prefix
 */
export function removeStored(prefix) {
  try {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(PREFIX + prefix)) localStorage.removeItem(key);
    }
  } catch {
    // There is nothing to remove then.
  }
}
