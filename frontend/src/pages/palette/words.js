import en from '../../locales/palette/en.json';
import ko from '../../locales/palette/ko.json';
import { addMessages } from '../../utils/i18n.js';

addMessages({ en, ko });
