import en from '../../locales/documents/en.json';
import ko from '../../locales/documents/ko.json';
import uploadsEn from '../../locales/uploads/en.json';
import uploadsKo from '../../locales/uploads/ko.json';
import { addMessages } from '../../utils/i18n.js';

addMessages({ en: { ...en, ...uploadsEn }, ko: { ...ko, ...uploadsKo } });
