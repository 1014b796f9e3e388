/**
 * Which way the arrows point. One failing example per rule lies in `test/architecture/fixtures/<rule name>`; a test runs
 * the rules over each of them and over the whole tree.
 */

/** A capability's faces: all of it, its pure part; and the two libraries that have no inside. */
const faces = '^libs/[^/]+/(domain/)?index[.]ts$';
const openLibraries = '^libs/(kernel|orchestration)/';

/** npm packages that compute and do nothing else: no network, no files, no clock of their own in our use. */
const purePackages =
  'node_modules/(ajv|ajv-formats|big[.]js|canonicalize|fast-xml-parser|ibantools|libphonenumber-js|temporal-polyfill|uuid|zod|@types/big[.]js)/';

/** Kernel files that are no pure functions: the clock, random nonces. */
const impureKernel = '^libs/kernel/(clock|keyring)[.]ts$';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'A circle has no first part to read, test or load.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment: 'A file that nobody imports and that imports nothing is left over; pages bring what runs in browsers.',
      severity: 'error',
      from: { orphan: true, pathNot: '^tools/|^apps/api/edge/browser/|[.]d[.]ts$|[.]cjs$' },
      to: {},
    },
    {
      name: 'not-to-unresolvable',
      comment: 'An import has to lead somewhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'not-to-dev-dep',
      comment: 'What runs in production is a dependency, not a development dependency. A step of the build does not.',
      severity: 'error',
      from: { path: '^(apps|workflows|activities|libs|tools)/', pathNot: '^tools/bundle-processes[.]mjs$' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: 'node_modules/@types/' },
    },
    {
      name: 'nobody-imports-tests',
      comment: 'Tests and their support are not part of the product.',
      severity: 'error',
      from: { pathNot: '^test/' },
      to: { path: '^test/' },
    },
    {
      name: 'nobody-imports-tools',
      comment: 'Tools start the product; the product knows nothing of them.',
      severity: 'error',
      from: { path: '^(apps|workflows|activities|libs)/' },
      to: { path: '^tools/' },
    },
    {
      name: 'kernel-imports-nothing-of-ours',
      comment: 'Everything stands on the kernel.',
      severity: 'error',
      from: { path: '^libs/kernel/' },
      to: { path: '^libs/', pathNot: '^libs/kernel/' },
    },
    {
      name: 'libs-know-no-host',
      comment: 'Capabilities are called by applications, activities and workflows, never the reverse.',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^(apps|activities|workflows)/' },
    },
    {
      name: 'capabilities-by-their-face',
      comment: 'Another capability is reached through its index.ts or its pure domain/index.ts.',
      severity: 'error',
      from: { path: '^libs/([^/]+)/', pathNot: ['^libs/orchestration/', '^libs/[^/]+/domain/', '^libs/kernel/'] },
      to: { path: '^libs/', pathNot: [faces, openLibraries, '^libs/$1/'] },
    },
    {
      name: 'hosts-by-the-face',
      comment: 'Applications, activities and tools use a capability through its faces alone.',
      severity: 'error',
      from: { path: '^(apps|activities|tools)/' },
      to: { path: '^libs/', pathNot: [faces, openLibraries, '[.]json$'] },
    },
    {
      name: 'domain-knows-domain',
      comment: 'A domain folder stands on its own files, the kernel and the pure face of other domains.',
      severity: 'error',
      from: { path: '^libs/([^/]+)/domain/' },
      to: { path: '^libs/', pathNot: ['^libs/kernel/', '^libs/$1/domain/', '^libs/[^/]+/domain/index[.]ts$'] },
    },
    {
      name: 'domain-is-pure',
      comment: 'Domain code is functions and types: no framework, database, Temporal, file, network.',
      severity: 'error',
      from: { path: '^libs/[^/]+/domain/' },
      to: { dependencyTypes: ['npm', 'npm-dev', 'core'], pathNot: purePackages },
    },
    {
      name: 'domain-has-no-clock',
      comment: 'Domain code takes instants as arguments and makes no random bytes.',
      severity: 'error',
      from: { path: '^libs/[^/]+/domain/' },
      to: { path: impureKernel },
    },
    {
      name: 'orchestration-is-contracts',
      comment: 'Contracts are names and types: the kernel, domains and the SDK that defines updates.',
      severity: 'error',
      from: { path: '^libs/orchestration/' },
      to: {
        pathNot: [
          openLibraries,
          '^libs/[^/]+/domain/',
          '^(apps|activities|workflows|tools|test)/',
          'node_modules/@temporalio/(workflow|common)/',
        ],
      },
    },
    {
      name: 'capabilities-know-no-temporal',
      comment:
        'Temporal is spoken to by applications, activities, workflows and libs/temporal; contracts define its words.',
      severity: 'error',
      from: { path: '^libs/', pathNot: '^libs/(orchestration|temporal|[^/]+/domain)/' },
      to: { path: 'node_modules/@temporalio/' },
    },
    {
      name: 'typeorm-in-database-only',
      comment: 'Capabilities ask libs/database; the mapper could be replaced in one folder.',
      severity: 'error',
      from: { path: '^(apps|activities|libs|tools)/', pathNot: '^libs/(database|[^/]+/domain)/' },
      to: { path: 'node_modules/typeorm/' },
    },
    {
      name: 'workflows-are-deterministic',
      comment: 'Workflows import contracts, pure kernel and domain files, and the SDK made for them.',
      severity: 'error',
      from: { path: '^workflows/' },
      to: {
        pathNot: [
          '^(workflows|activities|tools|test)/',
          '^libs/orchestration/',
          '^libs/kernel/(?!clock|keyring|ids)',
          '^libs/[^/]+/domain/',
          'node_modules/@temporalio/(workflow|common)/',
        ],
      },
    },
    {
      name: 'workflows-know-no-activities',
      comment: 'The contract lies in libs/orchestration, so that a workflow never bundles what does the work.',
      severity: 'error',
      from: { path: '^workflows/' },
      to: { path: '^activities/' },
    },
    {
      name: 'activities-translate',
      comment: 'An activity stands between a contract and a service.',
      severity: 'error',
      from: { path: '^activities/' },
      to: {
        pathNot: [
          '^(activities|libs|tools|test)/',
          'node_modules/@temporalio/(activity|common)/',
          'node_modules/@nestjs/common/',
        ],
      },
    },
    {
      name: 'api-is-a-client',
      comment: 'The API starts and asks workflows by their contracts; it hosts neither them nor activities.',
      severity: 'error',
      from: { path: '^apps/api/' },
      to: { path: ['^(activities|workflows)/', 'node_modules/@temporalio/(worker|activity|workflow|testing)/'] },
    },
    {
      name: 'worker-loads-the-bundle',
      comment: 'The worker loads workflows as the prebuilt bundle, by path.',
      severity: 'error',
      from: { path: '^apps/worker/' },
      to: { path: '^workflows/' },
    },
    {
      name: 'apps-are-apart',
      comment: 'Processes share libraries, not each other.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'sandbox-is-a-stranger',
      comment: "The sandbox rail stands for another company's server: it shares the kernel at most.",
      severity: 'error',
      from: { path: '^apps/sandbox/' },
      to: { path: '^libs/', pathNot: '^libs/kernel/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      mainFields: ['main', 'types'],
    },
  },
};
