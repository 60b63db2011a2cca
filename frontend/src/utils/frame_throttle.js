/**
 * Call `task` at most once an animation frame. A hidden tab has no frames, so a timer stands in:
 * an answer that streams in the background is there when its reader comes back.
 * @param {() => void} task
 */
export function frameThrottle(task) {
  let frame = 0;
  let timer = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);

  function cancel() {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    frame = 0;
  }

  function run() {
    cancel();
    task();
  }

  return {
    schedule() {
      if (frame) return;
      frame = requestAnimationFrame(run);
      timer = setTimeout(run, 300);
    },
    /** Run now, if anything waits. */
    flush() {
      if (frame) run();
    },
    cancel,
  };
}
