/** Tests run as ES modules (NestJS 12 is ESM only), compiled one by one by swc. */
const shared = {
  rootDir: '.',
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^(\\.{1,2}/.*)(?<![.]json)\\.js$': '$1',
    '^@nestjs/throttler$': '<rootDir>/test/support/throttler.mjs',
  },
  transform: { '^.+\\.ts$': ['@swc/jest'] },
};

/** Folders of tests that need neither PostgreSQL nor Temporal: they start at once. */
const pure = ['domain', 'architecture'];

export default {
  // Servers are real: a slow machine must not fail what a quick one passes.
  testTimeout: 60_000,
  // What modules of finished files leave behind slows the collector down until its worker is replaced.
  workerIdleMemoryLimit: '2GB',
  projects: [
    {
      ...shared,
      displayName: 'pure',
      testMatch: pure.map((folder) => `<rootDir>/test/${folder}/**/*.test.ts`),
    },
    {
      ...shared,
      displayName: 'servers',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: pure.map((folder) => `<rootDir>/test/${folder}/`),
      globalSetup: '<rootDir>/test/support/global-setup.mjs',
      globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
    },
  ],
};
