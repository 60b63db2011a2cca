import en from '../../locales/invite/en.json';
import ko from '../../locales/invite/ko.json';
import { addMessages } from '../../utils/i18n.js';

addMessages({ en, ko });
