import { atom } from 'nanostores';

import { readRoom } from '../services/room.js';

/** @typedef {import('../services/room.js').Room} Room */

export const $room = atom(/** @type {Room | null} */ (null));

/** Ask anew how much is kept; where that fails the page goes on without saying it. */
export async function loadRoom() {
  try {
    $room.set(await readRoom());
  } catch {
    $room.set(null);
  }
}
