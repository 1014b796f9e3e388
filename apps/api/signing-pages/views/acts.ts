import { markup, type Html, type HtmlPage } from '../../edge/index.js';
import type { Fault, FormFields, PageContext } from '../page-context.js';
import { isolated } from '../texts/index.js';
import { button, cameBack, faultSummary, field, form, pageOf, paragraph, steps, tick } from './parts.js';

const namelength = 200;

/** Consent, name, a drawn mark where there is a script: the act itself. */
export function signaturePage(context: PageContext, given: FormFields = {}, faults: readonly Fault[] = []): HtmlPage {
  const { texts, face, base, company, program } = context;
  const { signature } = texts;
  const { consent, documentHash, signerName } = face;
  const content = markup`<input type="hidden" name="documentHash" value="${documentHash}">
<input type="hidden" name="consentVersion" value="${consent?.version}">
<input type="hidden" name="timeZone" data-fill="timeZone"><input type="hidden" name="locale" data-fill="locale">
<h2 id="consent-title">${signature.consent}</h2>
<div class="consent" role="group" aria-labelledby="consent-title"><p dir="auto">${consent?.text}</p>
<p class="note">${signature.consentVersion(isolated(consent?.version ?? ''))}</p></div>
${tick({ name: 'consent', label: signature.agree, given, faults })}
${field(context, {
  name: 'typedName',
  label: signature.name,
  help: signerName === null ? undefined : signature.nameHelp(isolated(signerName)),
  given,
  faults,
  autocomplete: 'name',
  maxLength: namelength,
})}${markField(context, given, faults)}
<p class="help">${signature.kept}</p><div class="actions">${button(signature.sign)}<a class="quiet" href="${base}/contract">${signature.readAgain}</a></div>`;
  const body = markup`${faultSummary(context, faults)}${paragraph(signature.what(program, company))}
<p class="note">${texts.contract.fingerprint}: <code dir="ltr">${documentHash?.slice(0, 16)}…</code></p>${form(context, 'signature', content)}`;
  return pageOf(context, { title: signature.title, lead: steps(context, 'sign'), body, ...cameBack(context, faults) });
}

/** Hidden until the script can draw; what was drawn comes back with the form. */
function markField({ texts }: PageContext, given: FormFields, faults: readonly Fault[]): Html {
  const { signature } = texts;
  const fault = faults.find(({ field: name }) => name === 'mark');
  return markup`<div class="field mark${fault && ' faulty'}" id="mark" data-mark${!fault && markup` hidden`}>
<p class="label" id="mark-label">${signature.mark} <span class="note">${texts.form.optional}</span></p><p class="help" id="mark-help">${signature.markHelp}</p>
${fault && markup`<p class="fault" id="mark-fault">${fault.message}</p>`}
<svg viewBox="0 0 600 200" role="img" aria-label="${signature.markArea}" aria-describedby="mark-help"><path d=""></path></svg>
<input type="hidden" name="mark" value="${given['mark']}"><button type="button" class="quiet" data-clear>${signature.clear}</button>
<p class="note" role="status" data-cleared="${signature.clearedMark}"></p></div>`;
}

export function declinePage(context: PageContext, given: FormFields = {}, faults: readonly Fault[] = []): HtmlPage {
  const { texts, company, base } = context;
  const { decline } = texts;
  const content = markup`${field(context, {
    name: 'reason',
    label: decline.reason,
    help: decline.reasonHelp(company),
    given,
    faults,
    maxLength: 2_000,
    rows: 4,
  })}${tick({ name: 'confirm', label: decline.confirm, given, faults })}
<div class="actions">${button(decline.submit, 'grave')}<a class="quiet" href="${base}/contract">${texts.form.unfinished}</a></div>`;
  const body = markup`${faultSummary(context, faults)}${paragraph(decline.text(company))}${form(context, 'decline', content)}`;
  return pageOf(context, { title: decline.title, body, ...cameBack(context, faults) });
}

export function delegationPage(context: PageContext, given: FormFields = {}, faults: readonly Fault[] = []): HtmlPage {
  const { texts, base } = context;
  const { delegation } = texts;
  const shared = { given, faults, autocomplete: 'off' };
  const content = markup`${field(context, { ...shared, name: 'name', label: delegation.name, maxLength: namelength })}
${field(context, { ...shared, name: 'email', label: delegation.email, type: 'email', maxLength: 254 })}
${field(context, { ...shared, name: 'position', label: delegation.position, isOptional: true, maxLength: namelength })}
${tick({ name: 'confirm', label: delegation.confirm, given, faults })}
<div class="actions">${button(delegation.submit)}<a class="quiet" href="${base}/contract">${texts.form.unfinished}</a></div>`;
  const body = markup`${faultSummary(context, faults)}${paragraph(delegation.text)}${form(context, 'delegation', content)}`;
  return pageOf(context, { title: delegation.title, body, ...cameBack(context, faults) });
}
