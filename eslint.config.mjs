import { builtinModules } from 'node:module';
import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const nodeBuiltins = builtinModules.flatMap((name) => [name, `node:${name}`]);

/** What a workflow may not import: it runs in a sandbox, over and over, and must do the same each time. */
const outsideOfWorkflows = {
  paths: nodeBuiltins.map((name) => ({ name, message: 'Workflows are deterministic: ask an activity.' })),
  patterns: [
    {
      group: [
        'temporal-polyfill',
        'uuid',
        'typeorm',
        'pg',
        'zod',
        '@nestjs/*',
        '@temporalio/activity',
        '@temporalio/client',
      ],
      message: 'Workflows are deterministic and small: ask an activity.',
    },
    { group: ['**/activities/**'], message: 'Contracts of activities live in libs/orchestration.' },
  ],
};

/** The present instant is an argument of domain code, so that a test or a replay of events may choose it. */
const noClock = [
  'error',
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Take the instant as an argument.' },
  { selector: "CallExpression[callee.name='Date']", message: 'Take the instant as an argument.' },
  {
    selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
    message: 'Take the instant as an argument.',
  },
  {
    selector: "MemberExpression[object.name='Temporal'][property.name='Now']",
    message: 'Take the instant as an argument.',
  },
  { selector: "MemberExpression[object.name='performance']", message: 'Take the instant as an argument.' },
];

export default defineConfig(
  globalIgnores(['dist/', '.pactline/', 'coverage/', 'test/architecture/fixtures/', 'test/replay/histories/']),
  js.configs.recommended,
  tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['*.mjs', '.dependency-cruiser.cjs'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error', noInlineConfig: true },
    rules: {
      'max-lines': ['error', { max: 400 }],
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-empty': ['error', { allowEmptyCatch: false }],
      // Texts of people are checked for control characters by such expressions.
      'no-control-regex': 'off',
      // Types say what is there; TypeScript itself refuses a name that isn't.
      'no-undef': 'off',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/ban-ts-comment': [
        'error',
        { 'ts-ignore': true, 'ts-nocheck': true, 'ts-expect-error': 'allow-with-description' },
      ],
      // A leading underscore marks what a signature or a rest pattern has to name and nobody reads.
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', destructuredArrayIgnorePattern: '^_' },
      ],
      '@typescript-eslint/prefer-promise-reject-errors': ['error', { allowThrowingUnknown: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: false },
      ],
    },
  },
  {
    files: ['libs/**'],
    rules: { 'no-console': 'error' },
  },
  {
    files: ['libs/*/domain/**'],
    rules: { 'no-restricted-syntax': noClock },
  },
  {
    files: ['workflows/**'],
    rules: { 'no-restricted-imports': ['error', outsideOfWorkflows] },
  },
  {
    files: ['libs/database/migrations/**'],
    // A migration is a list of statements that is read from top to bottom.
    rules: { 'max-lines-per-function': 'off' },
  },
  {
    // Plain JavaScript that runs before anything is built: TypeScript checks it, what JSON.parse gives stays `any`.
    files: ['**/*.mjs'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
    },
  },
  {
    files: ['test/**'],
    rules: {
      // A describe block is a list of cases, not a function.
      'max-lines-per-function': 'off',
      // Vitest's matchers (`expect.anything()`) and parsed answers are `any`; an expectation checks them at run time.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
    },
  },
  {
    files: ['*.mjs', '.dependency-cruiser.cjs', '**/*.cjs'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { globals: { require: 'readonly', exports: 'writable', module: 'writable' } },
    rules: { '@typescript-eslint/no-require-imports': 'off', '@typescript-eslint/switch-exhaustiveness-check': 'off' },
  },
);
