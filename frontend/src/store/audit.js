import * as service from '../services/audit.js';
import { listing } from './listing.js';

export { exportAddress } from '../services/audit.js';

const events = listing((/** @type {import('../account_shapes.js').AuditFilter} */ filter, cursor, signal) =>
  service.listEvents(filter, cursor, signal),
);

/** What happened, the newest first. */
export const $events = events.$list;
export const loadEvents = events.load;
export const moreEvents = events.more;
export const readEventsAgain = events.again;
