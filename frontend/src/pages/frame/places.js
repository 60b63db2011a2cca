import { $user } from '../../store/session.js';
import { t } from '../../utils/i18n.js';

/**
 * @typedef {object} Place
 * @property {string} path
 * @property {import('../../components/icon.js').IconName} icon
 * @property {string} label
 * @property {string} words others that one might type for it, in either language
 */

/**
 * Where whoever is signed in can go: the links of the sidebar, which the command palette offers too.
 * @returns {Place[]}
 */
export function places() {
  /** @type {Place[]} */
  const forAdministrators = [
    { path: '/evaluate', icon: 'evaluate', label: t('frame.evaluate'), words: 'evaluate test questions compare quality 평가 비교 품질' },
    { path: '/performance', icon: 'performance', label: t('frame.performance'), words: 'performance metrics figures 성능 지표' },
  ];
  return [
    { path: '/', icon: 'new-chat', label: t('frame.new_chat'), words: 'new chat ask 새 대화 질문' },
    { path: '/search', icon: 'search', label: t('search.title'), words: 'search find passages 검색 찾기 구절' },
    { path: '/documents', icon: 'library', label: t('frame.documents'), words: 'documents files upload 문서 파일 업로드' },
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
