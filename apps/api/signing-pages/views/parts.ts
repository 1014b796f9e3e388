import { wordingOf } from '../../../../libs/documents/domain/index.js';
import { markup, type Html, type HtmlPage, type HtmlPart } from '../../edge/index.js';
import type { Fault, FormFields, PageContext } from '../page-context.js';
import type { Message } from '../texts/index.js';

export type Step = 'identity' | 'read' | 'sign';

const minuteMs = 60_000;
const stepOrder: readonly Step[] = ['identity', 'read', 'sign'];

export function paragraph(text: string): Html {
  return markup`<p>${text}</p>`;
}

/** Where the signer stands; the step is told in words and not by its look alone. */
export function steps({ texts }: PageContext, current: Step): Html {
  const items = stepOrder.map((step) => {
    const mark = step === current && markup` aria-current="step"`;
    const isDone = stepOrder.indexOf(step) < stepOrder.indexOf(current);
    return markup`<li${isDone && markup` class="done"`}${mark}>${texts.steps[step]}</li>`;
  });
  return markup`<ol class="steps" aria-label="${texts.steps.label}">${items}</ol>`;
}

/** What every page of a signer has in common. */
export function pageOf(context: PageContext, page: Pick<HtmlPage, 'title' | 'body'> & Partial<HtmlPage>): HtmlPage {
  return { language: context.language, sender: context.face.company, hasScript: true, ...page };
}

/** A page that only says something. */
export function messagePage(
  context: PageContext,
  { title, text }: Message,
  { status = 200, more }: { status?: number; more?: HtmlPart } = {},
): HtmlPage {
  return pageOf(context, { title, body: markup`${paragraph(text)}${more}`, status });
}

/** The faults of a form at its head, each with a link to its field; the focus is on it when the page opens. */
export function faultSummary({ texts }: PageContext, faults: readonly Fault[]): Html | undefined {
  if (faults.length === 0) return undefined;
  const items = faults.map(({ field, message }) => markup`<li><a href="#${field}">${message}</a></li>`);
  return markup`<div class="faults" role="group" aria-labelledby="faults" tabindex="-1" autofocus data-focus>
<h2 id="faults">${texts.form.summary}</h2><ul>${items}</ul></div>`;
}

/** The title of the window says first that a form came back, and the answer says so too. */
export function cameBack(
  { texts }: PageContext,
  faults: readonly Fault[],
): Pick<HtmlPage, 'status'> & Partial<HtmlPage> {
  return faults.length === 0 ? {} : { status: 422, notice: texts.form.error };
}

/** A form that is sent once: to its own page, or to `action` below the link. */
export function form({ base, form: seal }: PageContext, action: string, content: HtmlPart): Html {
  return markup`<form method="post" action="${base}/${action}" novalidate>
<input type="hidden" name="formToken" value="${seal.token}"><input type="hidden" name="formKey" value="${seal.key}">${content}</form>`;
}

export function button(text: string, look: 'main' | 'quiet' | 'grave' = 'main'): Html {
  return markup`<button type="submit" class="${look}">${text}</button>`;
}

interface FieldOptions {
  name: string;
  label: string;
  help?: string | undefined;
  given: FormFields;
  faults: readonly Fault[];
  isOptional?: boolean;
  /** Attributes of the input; of a text area where `rows` is given. */
  type?: string;
  autocomplete?: string;
  inputMode?: string;
  maxLength: number;
  rows?: number;
}

/** A labelled field; its help and its fault are read with it. */
export function field({ texts }: PageContext, options: FieldOptions): Html {
  const { name, label, help, given, faults, isOptional, type = 'text', autocomplete, inputMode, rows } = options;
  const fault = faults.find((each) => each.field === name);
  const described = [...(help === undefined ? [] : [`${name}-help`]), ...(fault ? [`${name}-fault`] : [])].join(' ');
  const attributes = markup` id="${name}" name="${name}" maxlength="${options.maxLength}"${
    described !== '' && markup` aria-describedby="${described}"`
  }${fault && markup` aria-invalid="true"`}${!isOptional && markup` aria-required="true"`}${
    autocomplete !== undefined && markup` autocomplete="${autocomplete}"`
  }${inputMode !== undefined && markup` inputmode="${inputMode}"`}`;
  const value = given[name] ?? '';
  const input =
    rows === undefined
      ? markup`<input type="${type}"${attributes} value="${value}"${type === 'email' && markup` dir="ltr"`}>`
      : markup`<textarea rows="${rows}"${attributes}>${value}</textarea>`;
  return markup`<div class="field${fault && ' faulty'}"><label for="${name}">${label}${
    isOptional && markup` <span class="note">${texts.form.optional}</span>`
  }</label>${help !== undefined && markup`<p class="help" id="${name}-help">${help}</p>`}${faultText(name, fault)}${input}</div>`;
}

/** A box to tick, with its fault. */
export function tick({
  name,
  label,
  given,
  faults,
}: {
  name: string;
  label: string;
  given: FormFields;
  faults: readonly Fault[];
}): Html {
  const fault = faults.find((each) => each.field === name);
  const marks = markup`${given[name] === 'yes' && markup` checked`}${
    fault && markup` aria-invalid="true" aria-describedby="${name}-fault"`
  }`;
  return markup`<div class="field${fault && ' faulty'}">${faultText(name, fault)}<label class="choice" for="${name}">
<input type="checkbox" id="${name}" name="${name}" value="yes" aria-required="true"${marks}> <span>${label}</span></label></div>`;
}

function faultText(name: string, fault: Fault | undefined): Html | undefined {
  return fault && markup`<p class="fault" id="${name}-fault">${fault.message}</p>`;
}

/** A deadline on the clock of the program, to the minute before it, and by the script on the reader's own. */
export function instant({ language, texts, face }: PageContext, at: Date): Html {
  const { timeZone, numerals } = face;
  const wording = wordingOf(language, { currency: 'USD', timeZone, ...(numerals && { numerals }) });
  const minute = new Date(Math.floor(at.getTime() / minuteMs) * minuteMs);
  return markup`<time datetime="${minute.toISOString()}" data-local="${texts.form.localTime}">${wording.instant(minute)}</time>`;
}
