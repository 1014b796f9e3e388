import { embedded } from './direction.js';

/** A placeholder of a sentence: a name in braces. */
const placeholder = /\{([a-zA-Z]+)\}/g;

/** The names of a sentence's placeholders, sorted; one that occurs twice is there twice. */
export function placeholdersOf(template: string): string[] {
  return [...template.matchAll(placeholder)].map(([, name = '']) => name).sort();
}

/** The sentence with its placeholders filled. Throws where one has no value. */
export function fill(template: string, values: Readonly<Record<string, string>>, isRightToLeft: boolean): string {
  return template.replace(placeholder, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`a sentence of the contract lacks its value for ${name}`);
    return embedded(value, isRightToLeft);
  });
}
