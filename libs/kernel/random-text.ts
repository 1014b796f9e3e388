import { randomInt } from 'node:crypto';

/** So many characters of an alphabet, each as likely as any other, that nobody can foretell. */
export function randomText(alphabet: string, length: number): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
}
