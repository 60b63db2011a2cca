/**
 * Call `task` once nothing has been asked for `delay` milliseconds.
 * @template {unknown[]} A
 * @param {(...args: A) => void} task
 * @param {number} delay
 */
export function debounce(task, delay) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {(() => void) | undefined} */
  let waiting;
  /** @param {A} args */
  const debounced = (...args) => {
    clearTimeout(timer);
    waiting = () => task(...args);
    timer = setTimeout(debounced.flush, delay);
  };
  /** Call it now, if it has been asked for. */
  debounced.flush = () => {
    const run = waiting;
    debounced.cancel();
    run?.();
  };
  debounced.cancel = () => {
    clearTimeout(timer);
    waiting = undefined;
  };
  return debounced;
}
