import en from '../../locales/performance/en.json';
import ko from '../../locales/performance/ko.json';
import { addMessages } from '../../utils/i18n.js';

addMessages({ en, ko });
