/** Modules that are fetched when they are needed: one promise a module, and a new try after a failure. */

/** @type {Set<() => void>} */
const failureListeners = new Set();

/**
 * @param {() => void} listener called when a module could not be fetched
 * @returns {() => void} unsubscribe
 */
export function onLoadFailure(listener) {
  failureListeners.add(listener);
  return () => failureListeners.delete(listener);
}

/** @returns {boolean} whether the person asked for few bytes: then nothing is fetched on a guess */
export function savesData() {
  return /** @type {any} */ (globalThis.navigator)?.connection?.saveData === true;
}

/** @template T */
export class Lazy {
  #fetch;
  /** @type {Promise<T> | null} */
  #promise = null;
  /** What has been fetched, for those who cannot wait. @type {T | null} */
  module = null;

  /** @param {() => Promise<T>} fetch an `import()` with the chunk's name */
  constructor(fetch) {
    this.#fetch = fetch;
  }

  /** @returns {Promise<T>} the same one, however often it is asked for, unless it failed */
  load() {
    this.#promise ??= this.#try();
    return this.#promise;
  }

  /** Fetch it because it is likely to be needed next. */
  preload() {
    if (!savesData()) this.load().catch(() => {});
  }

  async #try() {
    try {
      this.module = await this.#fetch();
      return this.module;
    } catch (error) {
      this.#promise = null;
      for (const listener of [...failureListeners]) listener();
      throw error;
    }
  }
}
