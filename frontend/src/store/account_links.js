import * as service from '../services/account_links.js';
import { enter, register } from './session.js';

export { fetchInvitation, fetchReset } from '../services/account_links.js';

/** @param {{email: string, password: string, name: string, invitation: string}} details */
export async function registerByInvitation(details) {
  await register(details);
}

/** @param {{token: string, password: string}} reset */
export async function resetPassword(reset) {
  await enter(await service.resetPassword(reset));
}
