import path from 'node:path';
import ts from 'typescript';
import { eventTypes } from '../../libs/outbox/domain/index.js';
import { listProjectFiles, projectRoot, readProjectFile } from '../support/sources.js';

const listed = eventTypes.map(({ type }) => type);

/** Where an event is announced, and what its type can be, as the compiler sees it. */
interface Announcement {
  at: string;
  types: readonly string[];
}

const sources = listProjectFiles(['apps', 'activities', 'libs'], /[.]ts$/);
const announcers = sources.filter((file) => /\bannounce(All)?\(/.test(readProjectFile(file)));

const program = ts.createProgram(
  announcers.map((file) => path.join(projectRoot, file)),
  {
    ...ts.parseJsonConfigFileContent(
      ts.readConfigFile(path.join(projectRoot, 'tsconfig.json'), (file) => ts.sys.readFile(file)).config,
      ts.sys,
      projectRoot,
    ).options,
    noEmit: true,
  },
);
const checker = program.getTypeChecker();

function visit(node: ts.Node, look: (node: ts.Node) => void): void {
  look(node);
  node.forEachChild((child) => visit(child, look));
}

/** Whether a call is one of the outbox's own methods, whatever the caller has named its outbox. */
function isAnnouncement(call: ts.CallExpression): boolean {
  const declaration = checker.getResolvedSignature(call)?.declaration;
  return (
    declaration !== undefined &&
    ts.isMethodDeclaration(declaration) &&
    /^announce(All)?$/.test(declaration.name.getText()) &&
    declaration.getSourceFile().fileName === path.join(projectRoot, 'libs/outbox/outbox.ts')
  );
}

function readAnnouncement(call: ts.CallExpression): Announcement {
  const file = call.getSourceFile();
  const line = file.getLineAndCharacterOfPosition(call.getStart()).line + 1;
  const event = call.arguments[2]!;
  const argument = checker.getTypeAtLocation(event);
  const type = (checker.getIndexTypeOfType(argument, ts.IndexKind.Number) ?? argument).getProperty('type');
  const named = type && checker.getTypeOfSymbolAtLocation(type, event);
  const parts = named?.isUnion() ? named.types : named ? [named] : [];
  return {
    at: `${path.relative(projectRoot, file.fileName)}:${line}`,
    types: parts.map((part) => (part.isStringLiteral() ? part.value : checker.typeToString(part))),
  };
}

function readAnnouncements(): Announcement[] {
  const found: Announcement[] = [];
  for (const file of announcers) {
    visit(program.getSourceFile(path.join(projectRoot, file))!, (node) => {
      if (ts.isCallExpression(node) && isAnnouncement(node)) found.push(readAnnouncement(node));
    });
  }
  return found;
}

/** Every text that the sources have as a value: in a type it says what may come, as a value it comes. */
function readTexts(): Set<string> {
  const texts = new Set<string>();
  for (const name of sources.filter((file) => !file.startsWith('libs/outbox/domain/'))) {
    const file = ts.createSourceFile(name, readProjectFile(name), ts.ScriptTarget.ES2023, true);
    visit(file, (node) => {
      if (ts.isStringLiteralLike(node) && !ts.isLiteralTypeNode(node.parent)) texts.add(node.text);
    });
  }
  return texts;
}

describe('the types of events', () => {
  const announcements = readAnnouncements();

  test('are exactly those that the sources announce', () => {
    expect(announcements.length).toBeGreaterThan(40);
    const announced = new Set(announcements.flatMap(({ types }) => types));
    expect([...announced].sort()).toEqual([...listed].sort());
  });

  test('are known at each announcement: none could be of any type', () => {
    const vague = announcements.filter(({ types }) => types.length === 0 || types.length > listed.length / 2);
    expect(vague).toEqual([]);
  });

  test('come from a value, not only from a type that allows them', () => {
    const texts = readTexts();
    const unsaid = listed.filter((type) => !texts.has(type) && !texts.has(type.slice(type.indexOf('.') + 1)));
    expect(unsaid).toEqual([]);
  });

  test('are announced by the outbox alone', () => {
    const insert = /insert into outbox_messages/;
    const others = sources.filter((file) => !file.includes('/migrations/') && insert.test(readProjectFile(file)));
    expect(others).toEqual(['libs/outbox/outbox.ts']);
  });
});
