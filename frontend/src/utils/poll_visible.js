/**
 * Do something at once and then again and again, for as long as somebody can see the page: a
 * hidden page asks nothing, and catches up when it is shown.
 * @param {(signal: AbortSignal) => Promise<unknown>} task deals with its own failures
 * @param {number} interval milliseconds from the end of one turn to the next
 * @returns {() => void} stop, whatever is under way too
 */
export function pollWhileVisible(task, interval) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let turn = new AbortController();

  const pause = () => {
    clearTimeout(timer);
    turn.abort();
  };
  const run = async () => {
    pause();
    const { signal } = (turn = new AbortController());
    await task(signal);
    if (!signal.aborted) timer = setTimeout(() => void run(), interval);
  };
  const onChange = () => void (document.hidden ? pause() : run());

  document.addEventListener('visibilitychange', onChange);
  onChange();
  return () => {
    document.removeEventListener('visibilitychange', onChange);
    pause();
  };
}
