import en from '../../locales/settings/en.json';
import ko from '../../locales/settings/ko.json';
import { addMessages } from '../../utils/i18n.js';

addMessages({ en, ko });
