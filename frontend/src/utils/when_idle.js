/**
 * Run something when the browser has nothing better to do; Safari has no idle callback.
 * @param {() => void} task
 * @returns {() => void} cancel
 */
export function whenIdle(task, timeout = 2000) {
  if ('requestIdleCallback' in globalThis) {
    const handle = requestIdleCallback(() => task(), { timeout });
    return () => cancelIdleCallback(handle);
  }
  const handle = setTimeout(task, 200);
  return () => clearTimeout(handle);
}
