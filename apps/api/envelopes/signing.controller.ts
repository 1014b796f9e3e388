import { Controller, Get, Post, Req, StreamableFile } from '@nestjs/common';
import { z } from 'zod';
import { DocumentStore } from '../../../libs/documents/index.js';
import {
  declineEnvelope,
  sign,
  signature,
  type Actor,
  type EnvelopeStatus,
} from '../../../libs/orchestration/index.js';
import { publicUrl, Settings } from '../../../libs/platform/index.js';
import { ProgramsService } from '../../../libs/programs/index.js';
import { EnvelopesService, type EnvelopeRow } from '../../../libs/signatures/index.js';
import { CallingActor, Endpoint, UpdateId, ZodBody, ZodParam, type ApiRequest } from '../edge/index.js';
import { Workflows } from '../workflows.js';
import { endBody, envelopeStatus, signatureBody, signingView } from './envelopes.dto.js';

const token = z.string().min(1).max(300);

/**
 * The signer's side. The link in the mail is the right to all of this; it is derived, never stored, and reading with it
 * uses nothing up.
 */
@Controller('v1/signing')
export class SigningController {
  constructor(
    private readonly envelopes: EnvelopesService,
    private readonly programs: ProgramsService,
    private readonly documents: DocumentStore,
    private readonly settings: Settings,
    private readonly workflows: Workflows,
  ) {}

  @Get(':token')
  @Endpoint({
    summary: 'Read what is to be signed',
    roles: 'public',
    response: signingView,
    errors: ['not-found'],
  })
  async view(@ZodParam('token', token) link: string, @Req() request: ApiRequest): Promise<unknown> {
    const envelope = await this.envelopes.byLink(link);
    const { state } = await this.envelopes.noteView(envelope.id, origin(request), request.id);
    const consent = await this.envelopes.consent(envelope.id);
    const { document } = await this.programs.get(envelope.program_id);
    return {
      envelopeId: envelope.id,
      state,
      documentHash: envelope.document_sha256,
      termsHash: envelope.terms_hash,
      programName: document.name,
      company: document.company,
      consent,
      expiresAt: envelope.expires_at,
      documentUrl: `${publicUrl(this.settings.env)}/v1/signing/${link}/document`,
    };
  }

  @Get(':token/document')
  @Endpoint({
    summary: 'Read the contract, byte for byte',
    roles: 'public',
    contentType: 'application/pdf',
    errors: ['not-found'],
  })
  async document(@ZodParam('token', token) link: string): Promise<StreamableFile> {
    const { program_id: programId, document_sha256: hash } = await this.envelopes.byLink(link);
    const { bytes, mediaType } = await this.documents.get(programId, hash);
    return new StreamableFile(bytes, { type: mediaType, disposition: 'inline; filename="contract.pdf"' });
  }

  @Post(':token/signature')
  @Endpoint({
    summary: 'Sign: the hash of what was seen, the consent, the typed name',
    roles: 'public',
    response: envelopeStatus,
    errors: ['illegal-transition', 'hash-mismatch', 'not-found', 'malformed-request'],
    mayTakeLong: true,
  })
  async sign(
    @ZodParam('token', token) link: string,
    @ZodBody(signatureBody) body: z.infer<typeof signatureBody>,
    @Req() request: ApiRequest,
    @CallingActor() { requestId }: Actor,
    @UpdateId() updateId: string,
  ): Promise<EnvelopeStatus> {
    const envelope = await this.envelopes.byLink(link);
    const { documentHash, consentVersion, typedName } = body;
    const evidence = { typedName, documentHash, consentVersion, ...origin(request) };
    const evidenceId = await this.envelopes.noteIntent(envelope.id, evidence);
    const input = { ...signer(envelope, requestId), documentHash, consentVersion, evidenceId };
    return this.workflows.update(
      signature.workflowId(envelope.negotiation_id),
      sign,
      input,
      this.options(link, updateId),
    );
  }

  @Post(':token/decline')
  @Endpoint({
    summary: 'Decline to sign, with a reason',
    roles: 'public',
    response: envelopeStatus,
    errors: ['illegal-transition', 'not-found', 'malformed-request'],
    mayTakeLong: true,
  })
  async decline(
    @ZodParam('token', token) link: string,
    @ZodBody(endBody) { reason }: z.infer<typeof endBody>,
    @CallingActor() { requestId }: Actor,
    @UpdateId() updateId: string,
  ): Promise<EnvelopeStatus> {
    const envelope = await this.envelopes.byLink(link);
    const input = { ...signer(envelope, requestId), reason };
    return this.workflows.update(
      signature.workflowId(envelope.negotiation_id),
      declineEnvelope,
      input,
      this.options(link, updateId),
    );
  }

  private options(link: string, updateId: string): { updateId: string; location: string } {
    return { updateId, location: `/v1/signing/${link}` };
  }
}

/** The partner itself acts, whoever holds its link. */
function signer(envelope: EnvelopeRow, requestId: string | undefined): Actor & { envelopeId: string } {
  return { envelopeId: envelope.id, actorId: envelope.partner_id, ...(requestId === undefined ? {} : { requestId }) };
}

function origin(request: ApiRequest): { ipAddress: string; userAgent: string } {
  return { ipAddress: request.ip, userAgent: (request.headers['user-agent'] ?? '').slice(0, 500) };
}
