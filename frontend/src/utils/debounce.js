/**
 * Call `task` once nothing has been asked for `delay` milliseconds.
 * @template {unknown[]} A
 * @param {(...args: A) => void} task
 * @param {number} delay
 */
export function debounce(task, delay) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @param {A} args */
  const debounced = (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => task(...args), delay);
  };
  debounced.cancel = () => clearTimeout(timer);
  return debounced;
}
