import { atom } from 'nanostores';

import { browserLanguage, loadLanguage } from '../utils/i18n.js';
import { readStored, storedKey, writeStored } from '../utils/local_storage.js';

/** @typedef {import('../shapes.js').Language | 'system'} LanguageChoice */
/** @typedef {'light' | 'dark' | 'system'} ThemeChoice */

export const $language = atom(/** @type {LanguageChoice} */ (readStored('language', 'system')));
export const $theme = atom(/** @type {ThemeChoice} */ (readStored('theme', 'system')));
/** Whether single signs such as `/` are shortcuts: those who dictate switch them off. */
export const $singleKeys = atom(/** @type {boolean} */ (readStored('single_keys', true)));

/** Load the words and put language and theme on the document. */
export async function applyPreferences() {
  applyTheme();
  await applyLanguage();
}

/** Follow what is chosen in another tab. */
export function watchPreferences() {
  addEventListener('storage', ({ key }) => {
    if (key === storedKey('language')) {
      $language.set(readStored('language', 'system'));
      void applyLanguage();
    } else if (key === storedKey('theme')) {
      $theme.set(readStored('theme', 'system'));
      applyTheme();
    }
  });
}

/** @param {LanguageChoice} choice */
export async function chooseLanguage(choice) {
  $language.set(choice);
  writeStored('language', choice === 'system' ? null : choice);
  await applyLanguage();
}

/** @param {ThemeChoice} choice */
export function chooseTheme(choice) {
  $theme.set(choice);
  writeStored('theme', choice === 'system' ? null : choice);
  applyTheme();
}

/** @param {boolean} choice */
export function chooseSingleKeys(choice) {
  $singleKeys.set(choice);
  writeStored('single_keys', choice ? null : false);
}

async function applyLanguage() {
  const choice = $language.get();
  const name = choice === 'system' ? browserLanguage() : choice;
  document.documentElement.lang = name;
  document.querySelector('link[rel=manifest]')?.setAttribute('href', `/static/manifest.${name}.webmanifest`);
  await loadLanguage(name);
}

function applyTheme() {
  const choice = $theme.get();
  if (choice === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice;
}
