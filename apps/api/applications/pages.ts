import { DomainError } from '../../../libs/kernel/domain-error.js';
import type { Language } from '../../../libs/kernel/language.js';
import type { ReferenceForm } from '../../../libs/partners/index.js';
import { markup, type Html } from '../edge/html.js';
import { meanings } from '../edge/problem.js';
import type { HtmlPage } from '../edge/html-page.js';
import { pageTexts } from './page-texts.js';

const paragraph = (text: string): Html => markup`<p>${text}</p>`;
/** Kept apart, so that a text from right to left does not turn it round (Unicode UAX #9, LRI and PDI). */
const dateText = (at: Date): string => `\u2066${at.toISOString().slice(0, 16).replace('T', ' ')}\u2069`;
/** No action: a form goes to the address of its own page, which holds the link's token. */
const form = (content: readonly Html[], button: string): Html =>
  markup`<form method="post">${content}<button type="submit">${button}</button></form>`;

/** Asks whoever opened the link to press a button: programs that look into links of mails press none. */
export function confirmPage(language: Language, programName: string): HtmlPage {
  const texts = pageTexts[language];
  const body = markup`${paragraph(texts.confirmText(programName))}${form([], texts.confirmButton)}`;
  return { language, title: texts.confirmTitle, body };
}

export function confirmedPage(language: Language, programName: string): HtmlPage {
  const texts = pageTexts[language];
  return { language, title: texts.confirmed, body: paragraph(texts.confirmedText(programName)) };
}

/** The questions to a reference; `given` and `faults` where an answer came back with something wrong. */
export function referencePage(
  asked: ReferenceForm,
  given: Readonly<Record<string, string>> = {},
  faults: readonly string[] = [],
): HtmlPage {
  const { language, applicantName, programName, company, dueAt } = asked;
  const texts = pageTexts[language];
  const intro = [
    paragraph(texts.referenceText(applicantName, programName, company)),
    ...(dueAt ? [paragraph(texts.referenceDue(dateText(dueAt)))] : []),
    ...(faults.length > 0 ? [markup`<p class="fault" role="alert">${texts.faulty}</p>`] : []),
  ];
  const questions = asked.questions.map((question) => {
    const label = markup`${question.label}${question.required ? '' : ` ${texts.optional}`}`;
    const isFaulty = faults.includes(question.id);
    return questionField(question, { label, isFaulty, answer: given[question.id] ?? '', noAnswer: texts.noAnswer });
  });
  const body = markup`${intro}${form(questions, texts.referenceButton)}`;
  return { language, title: texts.referenceTitle(applicantName), body, status: faults.length > 0 ? 422 : 200 };
}

export function thanksPage(language: Language): HtmlPage {
  const texts = pageTexts[language];
  return { language, title: texts.thanks, body: paragraph(texts.thanksText) };
}

export function answeredPage(language: Language): HtmlPage {
  const texts = pageTexts[language];
  return { language, title: texts.answered, body: paragraph(texts.answeredText), status: 409 };
}

/** What a person sees in place of a problem document. @throws the error itself where it is no caller's fault */
export function problemPage(error: unknown, language: Language): HtmlPage {
  if (!(error instanceof DomainError)) throw error;
  const texts = pageTexts[language];
  const { status } = meanings[error.code];
  const page = (title: string, text: string): HtmlPage => ({ language, title, body: paragraph(text), status });
  if (error.code === 'not-found') return page(texts.unknown, texts.unknownText);
  if (error.code === 'illegal-transition') return page(texts.over, texts.overText);
  if (error.code === 'rate-limited') return page(texts.tooMany, texts.tooManyText);
  throw error;
}

interface ShownQuestion {
  label: Html;
  answer: string;
  isFaulty: boolean;
  noAnswer: string;
}

function questionField(
  { id, required, options, optionLabels = {} }: ReferenceForm['questions'][number],
  { label, answer, isFaulty, noAnswer }: ShownQuestion,
): Html {
  const mark = markup`${required && markup` required`}${isFaulty && markup` aria-invalid="true"`}`;
  const marked = (field: Html): Html => (isFaulty ? markup`<div class="fault">${field}</div>` : field);
  if (!options) {
    const area = markup`<textarea id="${id}" name="${id}" maxlength="2000"${mark}>${answer}</textarea>`;
    return marked(markup`<label for="${id}">${label}</label>${area}`);
  }
  const choices = options.map((option) => [option, optionLabels[option] ?? option]);
  const inputs = [...choices, ...(required ? [] : [['', noAnswer]])].map(([value = '', shown = '']) => {
    const checked = value === answer && markup` checked`;
    return markup`<label class="choice"><input type="radio" name="${id}" value="${value}"${checked}${mark}> ${shown}</label>`;
  });
  return marked(markup`<fieldset><legend>${label}</legend>${inputs}</fieldset>`);
}
