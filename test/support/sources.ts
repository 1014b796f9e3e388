import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The folder of the project. */
export const projectRoot = path.resolve(import.meta.dirname, '../..');

/** The folders with sources of the product and its tests. */
export const sourceFolders = ['apps', 'workflows', 'activities', 'libs', 'tools', 'test'];

/** The text of a file of the project. */
export function readProjectFile(file: string): string {
  return readFileSync(path.join(projectRoot, file), 'utf8');
}

/** Files below folders of the project whose name matches, sorted, as paths relative to the project. */
export function listProjectFiles(folders: readonly string[], name: RegExp): string[] {
  return folders
    .flatMap((folder) => readdirSync(path.join(projectRoot, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && name.test(entry.name))
    .map((entry) => path.relative(projectRoot, path.join(entry.parentPath, entry.name)))
    .filter((file) => !file.startsWith('test/architecture/fixtures/'))
    .sort();
}
