import en from '../../locales/keys/en.json';
import ko from '../../locales/keys/ko.json';
import { addMessages } from '../../utils/i18n.js';

addMessages({ en, ko });
