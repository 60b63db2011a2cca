import js from '@eslint/js';
import globals from 'globals';
import lit from 'eslint-plugin-lit';

/**
 * Forbid a folder's files to import from other folders of `frontend/src`.
 * @param {string} folder
 * @param {string[]} forbidden
 * @param {string} reason
 */
function layer(folder, forbidden, reason) {
  return {
    files: [`frontend/src/${folder}/**/*.js`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: forbidden.map((name) => `**/${name}/**`),
              message: reason,
            },
            { group: ['lit/directives/unsafe-*'], message: 'Sanitise to a fragment instead.' },
          ],
        },
      ],
    },
  };
}

const writesHtml = {
  selector: "AssignmentExpression[left.property.name=/^(inner|outer)HTML$/]",
  message: 'Build nodes, or sanitise to a fragment (utils/markdown.js).',
};

const restricted = [
  writesHtml,
  { selector: 'ExportDefaultDeclaration', message: 'Use named exports.' },
  { selector: "CallExpression[callee.property.name='insertAdjacentHTML']", message: writesHtml.message },
];

export default [
  { ignores: ['frontend/dist/**', 'node_modules/**'] },
  js.configs.recommended,
  lit.configs['flat/recommended'],
  {
    files: ['**/*.js'],
    languageOptions: { ecmaVersion: 2024, sourceType: 'module' },
    rules: {
      'no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-console': 'error',
      eqeqeq: 'error',
      'prefer-const': 'error',
      'no-var': 'error',
      'no-eval': 'error',
      'no-implied-eval': 'error',
      'no-restricted-syntax': ['error', ...restricted],
      'max-lines': ['error', { max: 200, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ['frontend/src/**/*.js'],
    languageOptions: { globals: { ...globals.browser, PDFJS_ASSETS: 'readonly', SERVICE_WORKER: 'readonly', SHELL: 'readonly' } },
    rules: {
      'no-restricted-syntax': [
        'error',
        ...restricted,
        {
          selector: ":not(NewExpression[callee.name='Lazy'] > ArrowFunctionExpression) > ImportExpression",
          message: 'Use `new Lazy(() => import(...))` (utils/lazy.js): one promise a module, and a new try.',
        },
      ],
    },
  },
  {
    files: ['frontend/test/**/*.js'],
    languageOptions: { globals: { ...globals.node, document: 'readonly', localStorage: 'readonly' } },
  },
  {
    files: ['frontend/webpack.*.js', 'eslint.config.js'],
    languageOptions: { globals: globals.node },
  },
  {
    // These tools read a default export.
    files: ['frontend/webpack.*.js', 'eslint.config.js'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  layer('utils', ['services', 'store', 'components', 'pages', 'router'], 'utils import utils alone.'),
  layer('services', ['store', 'components', 'pages', 'router'], 'services import utils alone.'),
  layer('store', ['components', 'pages', 'router'], 'The store imports services and utils.'),
  layer(
    'components',
    ['services', 'store', 'pages', 'router'],
    'Components get properties and emit events; pages join them with the store.',
  ),
  layer('pages', ['services', 'router'], 'Pages import components, store and utils.'),
  layer('router', ['services', 'components'], 'The router knows pages and the store.'),
];
