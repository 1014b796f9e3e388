import type { Language } from '../../../../libs/kernel/language.js';
import type { LinkReplacement } from '../../../../libs/signatures/index.js';
import { markup, type HtmlPage, type ProblemCode } from '../../edge/index.js';
import { signingTexts, type Message, type SigningTexts } from '../texts/index.js';

type Problem = keyof SigningTexts['problems'];

/** What a person is told of a problem; all else is told as one of ours. */
const problems: Partial<Record<ProblemCode | 'stale-form', Problem>> = {
  'stale-form': 'staleForm',
  'idempotency-key-reused': 'staleForm',
  'not-found': 'unknown',
  'hash-mismatch': 'changed',
  'illegal-transition': 'tooLate',
  'not-your-turn': 'tooLate',
  'already-exists': 'notAllowed',
  forbidden: 'notAllowed',
  'signer-locked': 'notAllowed',
  'rate-limited': 'tooMany',
  'malformed-request': 'malformed',
  'request-in-progress': 'running',
  unavailable: 'unavailable',
};

/** Nothing of these can be mended by going back. */
const deadEnds: readonly string[] = ['not-found', 'link-replaced'];

/** The page in place of a problem document. */
export function problemPage(
  code: ProblemCode | 'stale-form',
  {
    status,
    base,
    language,
    company,
    cause = 'unknown',
  }: {
    status: number;
    base: string;
    language: Language;
    company?: string | undefined;
    cause?: LinkReplacement['cause'] | 'unknown' | undefined;
  },
): HtmlPage {
  const texts = signingTexts(language);
  const message: Message =
    code === 'link-replaced' ? texts.replaced[cause] : texts.problems[problems[code] ?? 'internal'];
  const back =
    !deadEnds.includes(code) &&
    markup`<p class="actions"><a class="main" href="${base}">${texts.form.unfinished}</a></p>`;
  const body = markup`<p>${message.text}</p>${back}`;
  return { language, title: message.title, body, status, ...(company !== undefined && { sender: company }) };
}
