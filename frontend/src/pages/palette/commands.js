import { exportAddress } from '../../store/conversations.js';
import { notifyProblem } from '../../store/notices.js';
import { $language, $theme, chooseLanguage, chooseTheme } from '../../store/preferences.js';
import { $user, signOut } from '../../store/session.js';
import { language, LANGUAGE_NAMES, LANGUAGES, t } from '../../utils/i18n.js';
import { places } from '../frame/places.js';

/**
 * What can be done from the palette. `words` are others that one might type for it, in either
 * language; `event` is what the page around hears of it.
 *
 * @typedef {import('../../components/command_box.js').Command & {
 *   words?: string, path?: string, event?: string, run?: () => void}} Action
 */

const LANGUAGE_WORDS = { ko: 'korean 한국어', en: 'english 영어', system: 'browser 브라우저' };

/** @returns {Action[]} */
export function goTo() {
  return places().map((place) => ({ id: `go:${place.path}`, ...place }));
}

/**
 * @param {string | null} conversation the one that is open
 * @returns {Action[]}
 */
export function actions(conversation) {
  return [
    ...(conversation ? exports(conversation) : []),
    ...themes(),
    ...languages(),
    ...settings(),
    { id: 'settings', icon: 'settings', label: t('settings.title'), event: 'open-settings', words: 'settings preferences options 설정 환경설정' },
    { id: 'shortcuts', icon: 'keyboard', label: t('shortcuts.title'), event: 'open-shortcuts', shortcut: 'shortcuts', words: 'keyboard shortcuts keys help 단축키 도움말' },
    { id: 'sign-out', icon: 'log-out', label: t('settings.sign_out'), run: () => void signOut().catch(notifyProblem), words: 'sign log out exit 로그아웃 나가기' },
  ];
}

/** @returns {Action[]} the sections of the settings */
function settings() {
  /** @type {Action} */
  const account = { id: 'account', icon: 'users', label: t('palette.account'), path: '/settings/account', words: 'account password sessions name sign in devices 계정 비밀번호 로그인 기기 이름' };
  if ($user.get()?.role !== 'administrator') return [account];
  return [
    account,
    { id: 'people', icon: 'users', label: t('palette.people'), path: '/settings/people', words: 'people users accounts invite suspend roles 사용자 초대 정지 역할' },
    { id: 'audit', icon: 'settings', label: t('palette.audit'), path: '/settings/audit', words: 'audit log events sign-ins security 감사 기록 보안' },
  ];
}

/** @param {string} id @returns {Action[]} */
function exports(id) {
  return /** @type {const} */ (['md', 'json']).map((format) => ({
    id: `export-${format}`,
    icon: 'download',
    label: t(`conversation.export_${format}`),
    detail: t('palette.this_chat'),
    words: 'export download save 내보내기 내려받기 저장',
    run: () => download(exportAddress(id, format)),
  }));
}

/** @returns {Action[]} those that are not chosen already */
function themes() {
  return /** @type {const} */ (['light', 'dark', 'system'])
    .filter((theme) => theme !== $theme.get())
    .map((theme) => ({
      id: `theme-${theme}`,
      icon: 'theme',
      label: t('palette.theme', { theme: theme === 'system' ? t('settings.system') : t(`theme.${theme}`) }),
      words: `theme ${theme} mode color 테마 색 화면 모드`,
      run: () => chooseTheme(theme),
    }));
}

/** @returns {Action[]} those that are not chosen already */
function languages() {
  const others = LANGUAGES.filter((name) => name !== language()).map((name) => ({ name, label: LANGUAGE_NAMES[name] }));
  const browser = { name: /** @type {const} */ ('system'), label: t('settings.browser') };
  return [...others, ...($language.get() === 'system' ? [] : [browser])].map(({ name, label }) => ({
    id: `language-${name}`,
    icon: 'languages',
    label: t('palette.language', { language: label }),
    words: `language 언어 ${LANGUAGE_WORDS[name]}`,
    run: () => void chooseLanguage(name).catch(notifyProblem),
  }));
}

/** @param {string} address */
function download(address) {
  const link = document.createElement('a');
  link.href = address;
  link.download = '';
  link.click();
}
