import en from '../../locales/uploads/en.json';
import ko from '../../locales/uploads/ko.json';
import { addMessages } from '../../utils/i18n.js';

addMessages({ en, ko });
