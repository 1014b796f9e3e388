import type {
  PartnerTrail,
  TrailAgreement,
  TrailAmendment,
  TrailApproval,
  TrailEnvelope,
  TrailNegotiation,
} from './partner-trail.js';

/** A part of a section: facts with their labels, a table, or a sentence. */
export type DossierBlock =
  | { kind: 'heading'; text: string }
  | { kind: 'facts'; facts: [label: string, value: string][] }
  | { kind: 'table'; columns: { heading: string; width: number }[]; rows: string[][] }
  | { kind: 'sentence'; text: string };

export interface DossierSection {
  title: string;
  blocks: DossierBlock[];
}

type Columns = Extract<DossierBlock, { kind: 'table' }>['columns'];

/**
 * What a dossier says, section by section. It holds facts alone and nothing that depends on when it is read, so that two
 * dossiers of the same record are the same.
 */
export function dossierSections(trail: PartnerTrail): DossierSection[] {
  return [
    { title: 'Partner', blocks: partnerBlocks(trail) },
    { title: 'Application and review', blocks: applicationBlocks(trail) },
    { title: 'Negotiations', blocks: unlessEmpty(trail.negotiations.flatMap(negotiationBlocks)) },
    { title: 'Contracts and signatures', blocks: unlessEmpty(trail.envelopes.flatMap(envelopeBlocks)) },
    { title: 'Agreements', blocks: unlessEmpty(trail.agreements.flatMap(agreementBlocks)) },
    { title: 'Changes of agreements', blocks: unlessEmpty(trail.amendments.flatMap(amendmentBlocks)) },
    { title: 'Suspensions and tiers', blocks: standingBlocks(trail) },
    { title: 'Mails', blocks: mailBlocks(trail) },
    { title: 'Documents by their hash', blocks: documentBlocks(trail) },
    { title: 'Timeline', blocks: timelineBlocks(trail) },
  ];
}

/** An instant as the dossier prints it; a dash where there is none. */
export function printedInstant(at: Date | string | null): string {
  if (at === null) return '–';
  return `${(typeof at === 'string' ? at : at.toISOString()).slice(0, 19).replace('T', ' ')} UTC`;
}

function partnerBlocks({ partner, person, application }: PartnerTrail): DossierBlock[] {
  // Whoever was erased has no name any more; that it is so is part of the record.
  const known = (value: string | null): string => (person.erasedAt === null ? (value ?? '–') : 'erased');
  return [
    facts([
      ['Reference', partner.reference],
      ['Partner', partner.id],
      ['Program', partner.programId],
      ['Stage', partner.stage],
      ['Tier', partner.tier ?? '–'],
      ['Name', known(person.name)],
      ['Mail address', known(person.email)],
      ['Phone', known(person.phone)],
      ['Company', person.erasedAt === null ? (application.company ?? '–') : 'erased'],
      ['Country', application.country ?? '–'],
      ['Since', printedInstant(partner.createdAt)],
      ['Active since', printedInstant(partner.activatedAt)],
      ...(person.erasedAt === null ? [] : [['Person erased', printedInstant(person.erasedAt)] as [string, string]]),
    ]),
  ];
}

function applicationBlocks({ application }: PartnerTrail): DossierBlock[] {
  const { decision, flags, checklist, references, informationRequests, attachments } = application;
  return [
    facts([
      ['Application', application.id],
      ['Stage', application.stage],
      ['Type of partner', application.partnerType ?? '–'],
      ['Web sites', application.webSites.join(', ') || '–'],
      ['Address verified', printedInstant(application.verifiedAt)],
      ['Review since', printedInstant(application.reviewSince)],
      ['Reviewer', application.reviewerId ?? '–'],
      ['Score', application.score === null ? '–' : String(application.score)],
      ['Decided', decision === null ? '–' : `${printedInstant(decision.at)}, by ${decision.by}`],
      ['Reason', decision?.reason ?? decision?.reasonCode ?? '–'],
    ]),
    ...titled(
      'Flags',
      [column('Rule', 120), column('Reason', 230), column('Raised', 117)],
      flags.map(({ rule, reason, raisedAt }) => [rule, reason, printedInstant(raisedAt)]),
    ),
    ...titled(
      'Checklist',
      [column('Item', 200), column('Ticked by', 150), column('At', 117)],
      checklist.map(({ label, checkedBy, checkedAt }) => [label, checkedBy ?? '–', printedInstant(checkedAt)]),
    ),
    ...titled(
      'References',
      [column('Person', 110), column('State', 70), column('Answers', 170), column('Answered', 117)],
      references.map(({ name, relation, state, answers, answeredAt }) => [
        [name ?? 'erased', ...(relation === null ? [] : [relation])].join(', '),
        ...[
          state,
          answers.map(({ label, answer }) => `${label}: ${answer}`).join('\n') || '–',
          printedInstant(answeredAt),
        ],
      ]),
    ),
    ...titled(
      'Questions to the applicant',
      [column('Question', 150), column('Answer', 150), column('State', 50), column('Asked', 117)],
      informationRequests.map(({ question, answer, state, askedAt }) => [
        ...[question ?? 'erased', answer ?? '–', state, printedInstant(askedAt)],
      ]),
    ),
    ...titled(
      'Attachments',
      [column('File', 180), column('Type', 90), column('Bytes', 80), column('Added', 117)],
      attachments.map(({ fileName, mediaType, sizeBytes, createdAt }) => [
        ...[fileName ?? 'erased', mediaType, String(sizeBytes), printedInstant(createdAt)],
      ]),
    ),
  ];
}

function negotiationBlocks(negotiation: TrailNegotiation): DossierBlock[] {
  const { id, kind, state, stateSince, termsTemplateId, termsTemplateVersion, agreedHash } = negotiation;
  const template =
    termsTemplateId === null ? 'the terms of the program' : `${termsTemplateId}, version ${termsTemplateVersion}`;
  return [
    { kind: 'heading', text: `Negotiation ${id}` },
    facts([
      ['Kind', kind],
      ['State', `${state} since ${printedInstant(stateSince)}`],
      ['Began with', template],
      ['Terms agreed', agreedHash ?? '–'],
    ]),
    ...titled(
      'Rounds',
      [column('No.', 26), column('By', 56), column('Terms hash, and note', 282), column('At', 103)],
      negotiation.rounds.map(({ number, side, termsHash, note, createdAt, retractedAt }) => [
        ...[String(number), retractedAt === null ? side : `${side}, taken back`],
        ...[note === null ? termsHash : `${termsHash}\n${note}`, printedInstant(createdAt)],
      ]),
    ),
    ...approvalBlocks(negotiation.approvals),
    ...titled(
      'Comments',
      [column('By', 110), column('Comment', 240), column('At', 117)],
      negotiation.comments.map(({ side, visibility, actorId, text, createdAt }) => [
        ...[`${side}${visibility === 'company' ? ', internal' : ''}, ${actorId}`, text, printedInstant(createdAt)],
      ]),
    ),
  ];
}

function approvalBlocks(approvals: readonly TrailApproval[]): DossierBlock[] {
  return titled(
    'Internal approvals',
    [column('Move', 70), column('State', 70), column('Decisions', 210), column('Asked', 117)],
    approvals.map(({ move, state, decisions, createdAt }) => [
      ...[move, state],
      decisions.map(({ role, decision, actorId }) => `${role}: ${decision} (${actorId})`).join('\n') || '–',
      printedInstant(createdAt),
    ]),
  );
}

function amendmentBlocks(amendment: TrailAmendment): DossierBlock[] {
  const { id, side, state, stateSince, cause, endReason, notice, version } = amendment;
  const ended = cause === null ? '–' : [cause, ...(endReason === null ? [] : [endReason])].join(': ');
  return [
    { kind: 'heading', text: `Change ${id}` },
    facts([
      ['Agreement', amendment.agreementId],
      ['Proposed', `by the ${side}, ${printedInstant(amendment.createdAt)}`],
      ['Reason', amendment.reason],
      ['State', `${state} since ${printedInstant(stateSince)}`],
      ['Ended by', ended],
      ['Changes version', `${amendment.baseVersion}, ${amendment.baseHash}`],
      ['Terms', amendment.agreedHash ?? amendment.termsHash],
      ['Needs consent', amendment.needsConsent ? 'yes' : 'no'],
      ['Shown to the partner', printedInstant(amendment.shownAt)],
      ['Negotiation', amendment.negotiationId ?? '–'],
      [
        'Notice',
        notice === null ? '–' : `${printedInstant(notice.givenAt)}, period until ${printedInstant(notice.endsAt)}`,
      ],
      ['Objection', notice?.objection ?? '–'],
      [
        'Became version',
        version === null ? '–' : `${version}, in force from ${printedInstant(amendment.effectiveFrom)}`,
      ],
    ]),
    ...approvalBlocks(amendment.approvals),
  ];
}

function envelopeBlocks(envelope: TrailEnvelope): DossierBlock[] {
  const { evidence, documents, seals } = envelope;
  const chain = evidence.brokenAt === null ? 'unbroken' : `broken at fact ${evidence.brokenAt}`;
  return [
    { kind: 'heading', text: `Envelope ${envelope.id}` },
    facts([
      ['State', `${envelope.state} since ${printedInstant(envelope.stateSince)}`],
      ['Purpose', `${envelope.purpose}, number ${envelope.number}`],
      ['Language', envelope.language],
      ['Clause library', envelope.templateVersion ?? '–'],
      ['Terms', envelope.termsHash],
      ['Sent', printedInstant(envelope.sentAt)],
      ['Executed', printedInstant(envelope.executedAt)],
      ['Reason', envelope.reason ?? '–'],
      ['Evidence', evidence.head === null ? 'none' : `${evidence.facts} facts, ${chain}, head ${evidence.head}`],
    ]),
    ...titled(
      'Who signs',
      [column('Signer', 150), column('Party', 60), column('State', 60), column('Proof', 80), column('Acted', 117)],
      envelope.recipients.map(({ name, role, title, party, state, authentication, actedAt }) => [
        [name ?? role ?? 'erased', ...(title === null ? [] : [title])].join(', '),
        ...[party, state, authentication, printedInstant(actedAt)],
      ]),
    ),
    ...titled(
      'Seals',
      [column('Party', 60), column('Certificate (SHA-256)', 290), column('At', 117)],
      seals.map(({ party, certificateSha256, at }) => [party, certificateSha256 ?? '–', printedInstant(at)]),
    ),
    ...titled(
      'Revisions',
      [column('Revision', 140), column('SHA-256', 327)],
      (
        [
          ['As agreed', documents.d0],
          ['With the seal of the partner', documents.d1],
          ['With both seals', documents.d2],
          ['With the time-stamp', documents.d3],
          ['Evidence certificate', documents.certificate],
        ] as const
      ).flatMap(([revision, hash]) => (hash === null ? [] : [[revision, hash]])),
    ),
  ];
}

function agreementBlocks(agreement: TrailAgreement): DossierBlock[] {
  const { acts } = agreement;
  return [
    { kind: 'heading', text: `Agreement ${agreement.id}` },
    facts([
      ['State', `${agreement.state} since ${printedInstant(agreement.stateSince)}`],
      ['Began', printedInstant(agreement.startedAt)],
      ['Ends', agreement.endsAt === null ? 'renews itself' : printedInstant(agreement.endsAt)],
      ['Ended by', agreement.endCause ?? '–'],
      ['Renewal', `${agreement.renewal}, ${agreement.renewals} so far`],
      ['Acts of both sides', acts.head === null ? 'none' : `${acts.count}, chained, head ${acts.head}`],
    ]),
    ...titled(
      'Versions',
      [column('No.', 26), column('Basis', 44), column('Terms hash', 282), column('In force', 115)],
      agreement.versions.map((version) => [
        ...[String(version.version), version.basis, version.terms_hash],
        `${printedInstant(version.effective_from)}\nuntil ${printedInstant(version.effective_until)}`,
      ]),
    ),
    ...titled(
      'Terms',
      [column('No.', 30), column('Began by', 170), column('From', 133), column('Until', 134)],
      agreement.terms.map(({ number, cause, startedAt, endsAt }) => [
        ...[String(number), cause, printedInstant(startedAt), printedInstant(endsAt)],
      ]),
    ),
    ...titled(
      'Renewals that needed consent',
      [column('State', 90), column('Term', 260), column('Since', 117)],
      agreement.renewalOffers.map(({ state, termFrom, termUntil, stateSince }) => [
        ...[state, `${printedInstant(termFrom)} to ${printedInstant(termUntil)}`, printedInstant(stateSince)],
      ]),
    ),
    ...titled(
      'Terminations',
      [
        column('By', 60),
        column('Kind', 60),
        column('State', 70),
        column('Reason', 77),
        column('Given', 100),
        column('Effective', 100),
      ],
      agreement.terminations.map(({ side, kind, state, reason, givenAt, effectiveAt }) => [
        ...[side, kind, state, reason ?? '–', printedInstant(givenAt), printedInstant(effectiveAt)],
      ]),
    ),
  ];
}

function standingBlocks({ suspensions, tiers }: PartnerTrail): DossierBlock[] {
  return unlessEmpty([
    ...titled(
      'Suspensions',
      [column('Cause', 80), column('Reason', 153), column('From', 117), column('Until', 117)],
      suspensions.map(({ cause, reason, from, until }) => [cause, reason, printedInstant(from), printedInstant(until)]),
    ),
    ...titled(
      'Tiers',
      [column('Tier', 120), column('Reason', 230), column('From', 117)],
      tiers.map(({ tier, reason, from }) => [tier, reason, printedInstant(from)]),
    ),
  ]);
}

function mailBlocks({ mails }: PartnerTrail): DossierBlock[] {
  return unlessEmpty(
    table(
      [column('Mail', 140), column('To', 170), column('State', 54), column('Written', 103)],
      mails.map(({ template, role, personId, state, createdAt }) => [
        ...[template, role ?? personId ?? '–', state, printedInstant(createdAt)],
      ]),
    ),
  );
}

function documentBlocks({ documents }: PartnerTrail): DossierBlock[] {
  const columns = [column('SHA-256', 290), column('Kind', 107), column('Bytes', 70)];
  const subjects = [...new Set(documents.map(({ subjectId }) => subjectId))];
  return unlessEmpty(
    subjects.flatMap((subject) =>
      titled(
        `Of ${subject}`,
        columns,
        documents
          .filter(({ subjectId }) => subjectId === subject)
          .map(({ sha256, kind, sizeBytes }) => [
            sha256,
            kind ?? 'erased',
            sizeBytes === null ? '–' : String(sizeBytes),
          ]),
      ),
    ),
  );
}

function timelineBlocks({ timeline, isComplete }: PartnerTrail): DossierBlock[] {
  const rows = timeline.map(({ at, what, who, from, to, why }) => {
    const move = [from, to].filter((state) => state !== null).join(' → ');
    return [printedInstant(at), what, who, [move, why ?? ''].filter((text) => text !== '').join('. ')];
  });
  const columns = [column('At', 100), column('What', 122), column('Who', 105), column('From and to, and why', 140)];
  const cut: DossierBlock = {
    kind: 'sentence',
    text: 'There is more than a dossier holds: these are the newest entries.',
  };
  return unlessEmpty([...(isComplete ? [] : [cut]), ...table(columns, rows)]);
}

function facts(pairs: [string, string][]): DossierBlock {
  return { kind: 'facts', facts: pairs };
}

function column(heading: string, width: number): Columns[number] {
  return { heading, width };
}

function table(columns: Columns, rows: string[][]): DossierBlock[] {
  return rows.length === 0 ? [] : [{ kind: 'table', columns, rows }];
}

function titled(text: string, columns: Columns, rows: string[][]): DossierBlock[] {
  return rows.length === 0 ? [] : [{ kind: 'heading', text }, ...table(columns, rows)];
}

function unlessEmpty(blocks: DossierBlock[]): DossierBlock[] {
  return blocks.length === 0 ? [{ kind: 'sentence', text: 'None.' }] : blocks;
}
