import { transform } from '@swc/core';
import { defineConfig } from 'vitest/config';
import { WaitingBesideWorking } from './test/support/sequencer.mjs';

/** Compiles sources as the build does: Nest's dependency injection needs metadata that few compilers emit. */
const swc = {
  name: 'swc',
  enforce: /** @type {const} */ ('pre'),
  /**
   * @param {string} source
   * @param {string} id
   */
  async transform(source, id) {
    const [filename = ''] = id.split('?');
    if (!filename.endsWith('.ts')) return undefined;
    const { code, map } = await transform(source, { filename, sourceMaps: true });
    return { code, map: map ?? null };
  },
};

/** Folders of tests that need neither PostgreSQL nor Temporal: they start at once. */
const pure = ['domain', 'architecture'].map((folder) => `test/${folder}/**/*.test.ts`);

export default defineConfig({
  plugins: [swc],
  oxc: false,
  test: {
    globals: true,
    // The files of one worker share its process: to load all that they need takes longer than most of them.
    isolate: false,
    pool: 'forks',
    // As many as the cores that the suite is made for: one more only makes time-outs of what runs beside it.
    maxWorkers: 2,
    // Servers are real: a slow machine must not fail what a quick one passes.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', './test/support/summary-reporter.mjs'],
    sequence: { sequencer: WaitingBesideWorking },
    projects: [
      { extends: true, test: { name: 'pure', include: pure } },
      {
        extends: true,
        test: {
          name: 'servers',
          include: ['test/**/*.test.ts'],
          exclude: pure,
          globalSetup: './test/support/global-setup.mjs',
          setupFiles: ['./test/support/one-connection.ts'],
        },
      },
    ],
  },
});
