/**
 * Bundles each process of the product into one file, `dist/processes/NAME.js`. Node reads, resolves and links a few dozen
 * files in place of thousands: a process that was killed is back sooner.
 */
import { mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { projectRoot } from './embedded/project.mjs';

const folder = path.join(projectRoot, 'dist', 'processes');

/** Left in `node_modules`: native parts, threads or data are looked for beside their files. */
const besideTheirFiles = ['@temporalio/*', 'pdfkit', 'fontkit'];

/** Not installed: NestJS asks for them where an application uses what they are for. */
const optional = [
  '@fastify/multipart',
  '@fastify/static',
  '@fastify/view',
  '@nestjs/microservices',
  '@nestjs/platform-express',
  '@nestjs/websockets',
  'class-transformer',
  'class-validator',
];

/** What modules of CommonJS are given by Node; `placeOfModule` tells where a module lies, as seen from the bundle. */
const givenByNode = [
  `import { createRequire as requireOfModule } from 'node:module';`,
  `import { fileURLToPath as fileOfPlace } from 'node:url';`,
  `const require = requireOfModule(import.meta.url);`,
  `const placeOfModule = (place) => new URL(place, import.meta.url);`,
].join('\n');

/**
 * A map that names the file alone: where in a package something was thrown is told by its name, and maps of all lines of all
 * packages would take longer to read than the bundle.
 * @param {string} file
 */
function mapOfFile(file) {
  const map = JSON.stringify({ version: 3, sources: [path.basename(file)], mappings: 'AAAA' });
  return `\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(map).toString('base64')}`;
}

/**
 * Modules look for files beside themselves: each keeps its own place, though it is elsewhere now.
 * @type {import('esbuild').Plugin}
 */
const ownPlaces = {
  name: 'own places',
  setup(bundling) {
    bundling.onLoad({ filter: /[.][cm]?js$/ }, ({ path: file }) => {
      const place = JSON.stringify(path.relative(folder, file));
      let contents = readFileSync(file, 'utf8').replaceAll('import.meta.url', `placeOfModule(${place}).href`);
      if (/\b__(dirname|filename)\b/.test(contents)) {
        const inFolder = JSON.stringify(path.dirname(path.relative(folder, file)));
        contents = `var __filename = fileOfPlace(placeOfModule(${place})), __dirname = fileOfPlace(placeOfModule(${inFolder}));\n${contents}`;
      }
      const isOurs = !path.relative(path.join(projectRoot, 'dist'), file).startsWith('..');
      return { contents: isOurs ? contents : contents + mapOfFile(file), loader: 'js' };
    });
  },
};

const names = readdirSync(path.join(projectRoot, 'apps'));
const { outputFiles } = await build({
  entryPoints: Object.fromEntries(names.map((name) => [name, path.join(projectRoot, 'dist', 'apps', name, 'main.js')])),
  outdir: folder,
  write: false,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  banner: { js: givenByNode },
  external: [...besideTheirFiles, ...optional],
  plugins: [ownPlaces],
  sourcemap: 'linked',
  sourcesContent: false,
  logLevel: 'warning',
});
mkdirSync(folder, { recursive: true });
// Moved into place whole: a process that starts meanwhile never reads half a bundle.
for (const { path: file, contents } of outputFiles) {
  writeFileSync(`${file}.new`, contents);
  renameSync(`${file}.new`, file);
}
