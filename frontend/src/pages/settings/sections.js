import { Lazy } from '../../utils/lazy.js';

/**
 * @typedef {object} Section
 * @property {string} name its address is `/settings/NAME`, its title `settings_page.section.NAME`
 * @property {string} tag its element
 * @property {boolean} [administrators] whether it is theirs alone
 * @property {Lazy<unknown>} module
 */

/** What the settings hold, each its own chunk. @type {Section[]} */
export const SECTIONS = [
  {
    name: 'account',
    tag: 'lo-account-section',
    module: new Lazy(() => import(/* webpackChunkName: "settings-account" */ './account_section.js')),
  },
  {
    name: 'keys',
    tag: 'lo-keys-section',
    module: new Lazy(() => import(/* webpackChunkName: "settings-keys" */ './keys_section.js')),
  },
  {
    name: 'people',
    tag: 'lo-people-section',
    administrators: true,
    module: new Lazy(() => import(/* webpackChunkName: "settings-people" */ './people_section.js')),
  },
  {
    name: 'audit',
    tag: 'lo-audit-section',
    administrators: true,
    module: new Lazy(() => import(/* webpackChunkName: "settings-audit" */ './audit_section.js')),
  },
];

/** @param {import('../../shapes.js').User | null} user @returns {Section[]} those that are somebody's to see */
export function sectionsOf(user) {
  return SECTIONS.filter(({ administrators }) => !administrators || user?.role === 'administrator');
}
