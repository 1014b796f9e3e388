import { existsSync } from 'node:fs';
import path from 'node:path';
import { main } from '../../tools/simulate/main.js';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { listProjectFiles, projectRoot, readProjectFile } from '../support/sources.js';

const papers = ['README.md', 'CHANGELOG.md', ...listProjectFiles(['docs'], /[.]md$/)];
const scripts = Object.keys(
  (JSON.parse(readProjectFile('package.json')) as { scripts: Record<string, string> }).scripts,
);

/** What is written as code in a paper: fenced blocks and inline. */
function codeOf(paper: string): string[] {
  const text = readProjectFile(paper);
  const blocks = [...text.matchAll(/^```\w*\n([\s\S]*?)^```/gm)].map(([, block = '']) => block);
  const inline = [...text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
  return [...blocks, ...inline];
}

/** The fenced block behind a comment such as `<!-- demo -->`. */
function marked(paper: string, mark: string): string {
  const block = new RegExp(`<!-- ${mark} -->\\s+\`\`\`\\w*\\n([\\s\\S]*?)\`\`\``).exec(readProjectFile(paper))?.[1];
  if (block === undefined) throw new Error(`${paper} has no block for ${mark}`);
  return block;
}

describe.each(papers)('%s', (paper) => {
  test('names only commands that exist', () => {
    const named = codeOf(paper).flatMap((code) =>
      [...code.matchAll(/npm (?:run (?:-s |--silent )?)?([a-z][\w:-]*)/g)].map(([, name = '']) => name),
    );
    expect(named.filter((name) => !scripts.includes(name) && name !== 'ci')).toEqual([]);
  });

  test('links only to what is there', () => {
    const links = [...readProjectFile(paper).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link = '']) => link);
    const broken = links.filter((link) => !existsSync(path.join(projectRoot, path.dirname(paper), link)));
    expect(broken).toEqual([]);
  });

  test('names only variables that .env.example explains', () => {
    const documented = readProjectFile('.env.example');
    const prefix = /^(DATABASE|TEMPORAL|STRIPE|RAIL|AUTH|ENCRYPTION|LINK|PACTLINE|SMTP|MAIL|PUBLIC|TASK)_[A-Z_]+$/;
    const named = codeOf(paper).flatMap((code) => code.match(/\b[A-Z]+_[A-Z_]+\b/g) ?? []);
    const unknown = named.filter((name) => prefix.test(name) && !documented.includes(`\n${name}=`));
    expect(unknown).toEqual([]);
  });

  test('speaks of the project alone', () => {
    expect(readProjectFile(paper)).not.toMatch(/\/work\/|\/root\/\w|\/tmp\/|localhost:\d/);
  });
});

describe('README.md', () => {
  test('shows every command that people call', () => {
    const shown = readProjectFile('README.md');
    const inner = ['check:types', 'check:lint', 'check:format', 'check:imports', 'check:rest', 'format'];
    const calls = (name: string): string => (['start', 'test'].includes(name) ? `npm ${name}` : `npm run ${name}`);
    expect(scripts.filter((name) => !inner.includes(name) && !shown.includes(calls(name)))).toEqual([]);
  });

  test('shows what simulate prints for its sample', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'pactline-readme-'));
    try {
      const [, command = ''] = /npm run simulate -- (--terms docs.*)\n/.exec(readProjectFile('README.md')) ?? [];
      const args = command.split(' ').map((word) => (word === 'lines.ndjson' ? path.join(folder, word) : word));
      const files = args.map((word) => (word.startsWith('docs/') ? path.join(projectRoot, word) : word));
      let printed = '';
      const streams = { stdout: { write: (text: string) => (printed += text) }, stderr: { write: () => undefined } };
      expect(await main(files, streams)).toBe(0);
      expect(printed).toBe(marked('README.md', 'simulate'));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('docs/api.md', () => {
  test('names only addresses that the description has', () => {
    const { paths } = JSON.parse(readProjectFile('docs/openapi.json')) as { paths: Record<string, unknown> };
    const known = Object.keys(paths).map((address) => new RegExp(`^${address.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`));
    const named = [
      ...papers
        .flatMap(codeOf)
        .join('\n')
        .matchAll(/\/v1\/[^\s"'?`,)]+/g),
    ].map(([address]) => address);
    // `$(…)` in a shell line stands for an id.
    const plain = named.map((address) => address.replaceAll(/\$\([^/]*\)?/g, 'id').replace(/["\\]+$/, ''));
    expect(plain.length).toBeGreaterThan(10);
    expect(plain.filter((address) => !known.some((form) => form.test(address)))).toEqual([]);
  });
});

describe('decisions', () => {
  const files = listProjectFiles(['docs/decisions'], /[.]md$/);

  test('are numbered without gaps', () => {
    expect(files.map((file) => Number(path.basename(file).slice(0, 4)))).toEqual(files.map((_, index) => index + 1));
  });

  test.each(files)('%s says context, decision and consequences', (file) => {
    const headings = [...readProjectFile(file).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading);
    expect(headings[0]).toMatch(new RegExp(`^${Number(path.basename(file).slice(0, 4))}[.] `));
    expect(headings.slice(1)).toEqual(['Context', 'Decision', 'Consequences']);
  });
});
