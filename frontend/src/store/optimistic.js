import { notifyProblem } from './notices.js';
import { whenSignedIn } from './session.js';

/**
 * Show a change at once, and take it back with a message when the server refuses it or is away.
 * A session that has ended is no refusal: the change is sent again after signing in.
 * @template T
 * @param {object} change
 * @param {() => void} change.show
 * @param {() => Promise<T>} change.send
 * @param {() => void} change.takeBack
 * @returns {Promise<T | null>} what the server answered, `null` when it was taken back
 */
export async function optimistically({ show, send, takeBack }) {
  show();
  try {
    return await whenSignedIn(send);
  } catch (error) {
    takeBack();
    notifyProblem(error);
    return null;
  }
}
