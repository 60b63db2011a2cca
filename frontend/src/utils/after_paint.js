/**
 * Run something once what stands now has been painted: what the first screen does not need yet.
 * @param {() => void} task
 * @returns {() => void} cancel
 */
export function afterPaint(task) {
  let timer = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);
  const frame = requestAnimationFrame(() => {
    timer = setTimeout(task);
  });
  return () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
}
