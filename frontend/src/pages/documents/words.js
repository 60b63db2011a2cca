import en from '../../locales/documents/en.json';
import ko from '../../locales/documents/ko.json';
import { addMessages } from '../../utils/i18n.js';

addMessages({ en, ko });
