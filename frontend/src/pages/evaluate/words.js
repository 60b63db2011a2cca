import en from '../../locales/evaluate/en.json';
import ko from '../../locales/evaluate/ko.json';
import { addMessages } from '../../utils/i18n.js';

addMessages({ en, ko });
