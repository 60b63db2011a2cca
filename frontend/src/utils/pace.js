/**
 * How long something will still take, from how fast it went: told only once enough of it has been
 * seen, so that what is said is worth saying.
 */

const SEEN = 3000;
/** What went on longer ago says little of how fast it goes now. */
const WINDOW = 30_000;

/** @typedef {{at: number, done: number}} Sample */

export class Pace {
  /** @type {Map<string, Sample[]>} */
  #samples = new Map();

  /**
   * @param {string} id
   * @param {number} done how much is done, in any unit that only grows
   * @param {number} whole
   * @param {number} [now] milliseconds
   * @returns {number | null} the seconds that are left, or null where they cannot be told
   */
  left(id, done, whole, now = performance.now()) {
    const samples = (this.#samples.get(id) ?? []).filter(({ at }) => now - at <= WINDOW);
    const last = samples.at(-1);
    if (last && done < last.done) samples.length = 0; // begun anew
    if (done !== samples.at(-1)?.done) samples.push({ at: now, done });
    this.#samples.set(id, samples);
    const [first] = samples;
    if (now - first.at < SEEN || done <= first.done || done >= whole) return null;
    return ((now - first.at) / (done - first.done) / 1000) * (whole - done);
  }

  /** @param {string} id */
  forget(id) {
    this.#samples.delete(id);
  }
}
