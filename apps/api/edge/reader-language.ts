import { languages, type Language } from '../../../libs/kernel/language.js';
import type { ApiRequest } from './api-request.js';

/** The language that a reader's browser asks for first, of those that pages exist in; English where none is. */
export function languageOf(request: ApiRequest): Language {
  const wanted = (request.headers['accept-language'] ?? '')
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.trim().split(';');
      const weight = Number(/q=([\d.]+)/.exec(parameters.join(';'))?.[1] ?? 1);
      return { language: tag.split('-')[0]!.toLowerCase(), weight };
    })
    .sort((one, other) => other.weight - one.weight);
  const found = wanted.find(({ language }) => (languages as readonly string[]).includes(language));
  return (found?.language as Language | undefined) ?? 'en';
}
