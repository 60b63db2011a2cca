import en from '../../locales/shortcuts/en.json';
import ko from '../../locales/shortcuts/ko.json';
import { addMessages } from '../../utils/i18n.js';

addMessages({ en, ko });
