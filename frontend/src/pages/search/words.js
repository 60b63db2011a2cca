import en from '../../locales/search/en.json';
import ko from '../../locales/search/ko.json';
import { addMessages } from '../../utils/i18n.js';

addMessages({ en, ko });
