import { $user } from '../../store/session.js';
import { t } from '../../utils/i18n.js';

/**
 * @typedef {object} Place
 * @property {string} path
 * @property {import('../../components/icon.js').IconName} icon
 * @property {string} label
 */

/**
 * Where whoever is signed in can go: the links of the sidebar, which the command palette offers too.
 * @returns {Place[]}
 */
export function places() {
  /** @type {Place[]} */
  const forAdministrators = [{ path: '/performance', icon: 'performance', label: t('frame.performance') }];
  return [
    { path: '/', icon: 'new-chat', label: t('frame.new_chat') },
    { path: '/search', icon: 'search', label: t('search.title') },
    { path: '/documents', icon: 'library', label: t('frame.documents') },
    ...($user.get()?.role === 'administrator' ? forAdministrators : []),
  ];
}

/**
 * @param {Place} place
 * @param {string} path the page's address
 */
export function isAt(place, path) {
  return place.path === '/' ? path === '/' : path.startsWith(place.path);
}

/**
 * @param {string} path
 * @returns {string | null} the id of the conversation that is shown there
 */
export function conversationAt(path) {
  if (!path.startsWith('/chat/')) return null;
  const id = path.slice('/chat/'.length);
  try {
    return decodeURIComponent(id);
  } catch {
    return id; // a broken escape is somebody's typing, no reason to draw nothing
  }
}
