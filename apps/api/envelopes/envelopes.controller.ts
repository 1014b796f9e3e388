import { Controller, Get, StreamableFile } from '@nestjs/common';
import type { z } from 'zod';
import { DocumentStore } from '../../../libs/documents/index.js';
import { programsOf, requireProgram, type Principal, type Role } from '../../../libs/identity/index.js';
import { DomainError } from '../../../libs/kernel/domain-error.js';
import type { Page } from '../../../libs/platform/index.js';
import {
  brokenAt,
  EnvelopeList,
  EnvelopeLog,
  EnvelopesService,
  type EnvelopeView,
  type ListedEnvelope,
  type RecipientView,
} from '../../../libs/signatures/index.js';
import { Caller, Endpoint, IdParam, ZodQuery } from '../edge/index.js';
import { EnvelopeAccess } from './envelope-access.js';
import {
  documentQuery,
  envelopePage,
  envelopesQuery,
  envelopeView,
  evidenceView,
  recipientsView,
  standingView,
} from './envelopes.dto.js';

const companyReaders: readonly Role[] = ['legal', 'partner_manager', 'admin', 'auditor'];
const readers: readonly Role[] = [...companyReaders, 'applicant', 'partner'];

/** Envelopes as they stand. No signer's link is among what any of these tell. */
@Controller('v1/envelopes')
export class EnvelopesController {
  constructor(
    private readonly list: EnvelopeList,
    private readonly log: EnvelopeLog,
    private readonly documents: DocumentStore,
    private readonly envelopes: EnvelopesService,
    private readonly access: EnvelopeAccess,
  ) {}

  @Get()
  @Endpoint({
    summary: 'List envelopes by state and whose turn it is, the longest waiting first',
    description:
      'Each with its age, what happens next unless somebody acts, and why it is stalled: no progress for longer than the ' +
      'program’s `signature.stalledAfter`, a signer whose mails fail or who is locked out, a seal that is blocked. ' +
      '`open=true` is the front page of a legal team, `sort=expiry` tells what expires when.',
    roles: companyReaders,
    response: envelopePage,
    csv: [
      ...['id', 'programId', 'partnerId', 'partnerReference', 'state', 'awaiting', 'turn', 'ageMs', 'sentAt'],
      ...[
        'sinceSentMs',
        'nextDeadline.kind',
        'nextDeadline.at',
        'expiresAt',
        'remindersSent',
        'overlays.deliveryFailed',
      ],
      ...['overlays.sealBlocked', 'overlays.timestampPending', 'stalled', 'templateVersion', 'termsTemplateId'],
      ...['termsTemplateVersion', 'stateSince', 'progressAt', 'createdAt'],
    ],
  })
  page(
    @ZodQuery(envelopesQuery) query: z.infer<typeof envelopesQuery>,
    @Caller() caller: Principal,
  ): Promise<Page<ListedEnvelope>> {
    const { programId, stateBefore, sentBefore, expiresBefore, open, ...rest } = query;
    if (programId !== undefined) requireProgram(caller, programId, companyReaders);
    return this.list.page({
      ...rest,
      programs: programId === undefined ? programsOf(caller, companyReaders) : [programId],
      isOpen: open === undefined ? undefined : open === 'true',
      stateBefore: instantOf(stateBefore),
      sentBefore: instantOf(sentBefore),
      expiresBefore: instantOf(expiresBefore),
    });
  }

  @Get(':id')
  @Endpoint({ summary: 'Read an envelope', roles: readers, response: envelopeView, errors: ['not-found'] })
  async get(@IdParam('id', 'env') id: string, @Caller() caller: Principal): Promise<EnvelopeView> {
    return forCaller(await this.access.visible(id, caller, readers), caller);
  }

  @Get(':id/recipients')
  @Endpoint({
    summary: 'Read who signs, in which order, and how far each of them is',
    roles: companyReaders,
    response: recipientsView,
    errors: ['not-found'],
  })
  async recipients(
    @IdParam('id', 'env') id: string,
    @Caller() caller: Principal,
  ): Promise<{ recipients: RecipientView[] }> {
    const { recipients } = await this.access.visible(id, caller, companyReaders);
    return { recipients };
  }

  @Get(':id/standing')
  @Endpoint({
    summary: 'Read whose turn it is and what happens next by itself',
    roles: companyReaders,
    response: standingView,
    errors: ['not-found'],
  })
  async standing(@IdParam('id', 'env') id: string, @Caller() caller: Principal): Promise<z.input<typeof standingView>> {
    await this.access.visible(id, caller, companyReaders);
    const { state, turn = [], next } = await this.envelopes.status(id);
    if (!next) return { state, turn, nextTimer: null };
    const { kind, atMs, recipientId = null, number = null } = next;
    return { state, turn, nextTimer: { kind, at: new Date(atMs).toISOString(), recipientId, number } };
  }

  @Get(':id/evidence')
  @Endpoint({
    summary: 'Read the hash-chained evidence of an envelope',
    roles: companyReaders,
    response: evidenceView,
    errors: ['not-found'],
  })
  async evidence(@IdParam('id', 'env') id: string, @Caller() caller: Principal): Promise<unknown> {
    await this.access.visible(id, caller, companyReaders);
    const facts = await this.log.read(id);
    return { envelopeId: id, brokenAt: brokenAt(facts) ?? null, facts };
  }

  @Get(':id/evidence-certificate')
  @Endpoint({
    summary: 'Read the sealed evidence certificate of a signed contract',
    roles: readers,
    contentType: 'application/pdf',
    errors: ['not-found'],
  })
  async certificate(@IdParam('id', 'env') id: string, @Caller() caller: Principal): Promise<StreamableFile> {
    const { programId, documents } = await this.access.visible(id, caller, readers);
    return this.pdf(programId, documents.certificate, `evidence-${id}.pdf`);
  }

  @Get(':id/document')
  @Endpoint({
    summary: 'Read the contract, byte for byte',
    description:
      'Revision 0 is what was agreed, 1 carries the seal of the partner, 2 that of the company too, 3 the time-stamp.',
    roles: readers,
    contentType: 'application/pdf',
    errors: ['not-found'],
  })
  async document(
    @IdParam('id', 'env') id: string,
    @ZodQuery(documentQuery) { revision }: z.infer<typeof documentQuery>,
    @Caller() caller: Principal,
  ): Promise<StreamableFile> {
    const { programId, documents, newestDocumentHash } = await this.access.visible(id, caller, readers);
    const { d0, d1, d2, d3 } = documents;
    const hash = revision === undefined ? newestDocumentHash : ([d0, d1, d2, d3][revision] ?? null);
    return this.pdf(programId, hash, `contract-${id}.pdf`);
  }

  private async pdf(programId: string, hash: string | null, fileName: string): Promise<StreamableFile> {
    if (hash === null) throw new DomainError('not-found', 'there is no such document yet');
    const { bytes, mediaType } = await this.documents.get(programId, hash);
    return new StreamableFile(bytes, { type: mediaType, disposition: `inline; filename="${fileName}"` });
  }
}

function instantOf(text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text);
}

/** A partner reads who signs, not where the others are written to. */
function forCaller(view: EnvelopeView, caller: Principal): EnvelopeView {
  const isCompany = caller.roles.some(({ role }) => role !== 'partner' && role !== 'applicant');
  if (isCompany) return view;
  return { ...view, recipients: view.recipients.map((recipient) => ({ ...recipient, email: null })) };
}
