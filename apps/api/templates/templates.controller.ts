import { Controller, Get, Headers, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { TemplatesService, TermsDocuments, type TemplateRow } from '../../../libs/agreements/index.js';
import { requireProgram, type Principal, type Role } from '../../../libs/identity/index.js';
import { DomainError } from '../../../libs/kernel/domain-error.js';
import type { Actor } from '../../../libs/orchestration/index.js';
import { mapPage } from '../../../libs/platform/index.js';
import { Caller, CallingActor, Endpoint, IdParam, RequestKey, ZodBody, ZodQuery } from '../edge/index.js';
import {
  retirementBody,
  templateBody,
  templatePage,
  templatesQuery,
  templateVersionBody,
  templateVersionQuery,
  templateVersions,
  templateView,
} from './templates.dto.js';

const writers: readonly Role[] = ['admin', 'legal'];
const readers: readonly Role[] = ['admin', 'legal', 'partner_manager', 'finance', 'finance_approver', 'auditor'];

/** Standard terms by partner type and tier. A version never changes, and what was offered from one stays as it was. */
@Controller('v1/programs/:id/templates')
export class TemplatesController {
  constructor(
    private readonly templates: TemplatesService,
    private readonly documents: TermsDocuments,
  ) {}

  @Post()
  @Endpoint({
    summary: 'Make a template of terms',
    description: 'An approved application of its partner type gets it, unless the reviewer chooses another one.',
    roles: writers,
    status: 201,
    response: templateView,
    errors: ['not-found', 'invalid-document', 'already-exists'],
  })
  async create(
    @IdParam('id', 'prg') programId: string,
    @ZodBody(templateBody) body: z.infer<typeof templateBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
    @RequestKey() requestKey: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    requireProgram(caller, programId, writers);
    const { name, partnerType = null, tier = null, automatic: isAutomatic, terms } = body;
    const made = await this.templates.create(programId, {
      ...{ ...actor, name, partnerType, tier, isAutomatic, terms, requestKey },
    });
    void reply.header('location', `/v1/programs/${programId}/templates/${made.id}`);
    return this.answer(made, reply);
  }

  @Get()
  @Endpoint({
    summary: 'List the templates of a program in their current version, oldest first',
    roles: readers,
    response: templatePage,
    csv: ['id', 'name', 'partnerType', 'tier', 'automatic', 'version', 'termsHash', 'retiredAt', 'createdAt'],
    errors: ['not-found'],
  })
  async page(
    @IdParam('id', 'prg') programId: string,
    @ZodQuery(templatesQuery) query: z.infer<typeof templatesQuery>,
    @Caller() caller: Principal,
  ): Promise<unknown> {
    requireProgram(caller, programId, readers);
    return mapPage(await this.templates.page(programId, query), summaryOf);
  }

  @Get(':templateId')
  @Endpoint({
    summary: 'Read a template in its current version, or the one asked for',
    description: 'The `ETag` is what `If-Match` of a new version names.',
    roles: readers,
    response: templateView,
    errors: ['not-found'],
  })
  async get(
    @IdParam('id', 'prg') programId: string,
    @IdParam('templateId', 'tpl') id: string,
    @ZodQuery(templateVersionQuery) { version }: z.infer<typeof templateVersionQuery>,
    @Caller() caller: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    requireProgram(caller, programId, readers);
    return this.answer(await this.templates.get(programId, id, version), reply);
  }

  @Get(':templateId/versions')
  @Endpoint({
    summary: 'List the versions of a template, oldest first',
    roles: readers,
    response: templateVersions,
    errors: ['not-found'],
  })
  async versions(
    @IdParam('id', 'prg') programId: string,
    @IdParam('templateId', 'tpl') id: string,
    @Caller() caller: Principal,
  ): Promise<unknown> {
    requireProgram(caller, programId, readers);
    return { items: (await this.templates.versions(programId, id)).map(summaryOf), next: null };
  }

  @Post(':templateId/versions')
  @Endpoint({
    summary: 'Make a new version of a template',
    description:
      '`If-Match` must be the `ETag` of the version that you changed; 412 where somebody made another one meanwhile. Offers and agreements that came from earlier versions stay as they are.',
    roles: writers,
    status: 201,
    response: templateView,
    errors: ['not-found', 'invalid-document', 'hash-mismatch', 'illegal-transition'],
  })
  async revise(
    @IdParam('id', 'prg') programId: string,
    @IdParam('templateId', 'tpl') id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @ZodBody(templateVersionBody) body: z.infer<typeof templateVersionBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    requireProgram(caller, programId, writers);
    const change = { ...actor, ...body, seenVersion: versionIn(ifMatch) };
    return this.answer(await this.templates.revise(programId, id, change), reply);
  }

  @Post(':templateId/retirement')
  @Endpoint({
    summary: 'Retire a template: it is offered to nobody any more',
    roles: writers,
    response: templateView,
    errors: ['not-found', 'illegal-transition'],
  })
  async retire(
    @IdParam('id', 'prg') programId: string,
    @IdParam('templateId', 'tpl') id: string,
    @ZodBody(retirementBody) body: z.infer<typeof retirementBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    requireProgram(caller, programId, writers);
    return this.answer(await this.templates.retire(programId, id, { ...actor, ...body }), reply);
  }

  private async answer(row: TemplateRow, reply: FastifyReply): Promise<unknown> {
    void reply.header('etag', `"${row.version}"`);
    return { ...summaryOf(row), terms: await this.documents.get(row.program_id, row.terms_hash) };
  }
}

/** The version that an `If-Match` names. @throws DomainError `malformed-request` without one that is a version's ETag */
function versionIn(ifMatch: string | undefined): number {
  const version = /^"([1-9]\d{0,6})"$/.exec(ifMatch ?? '')?.[1];
  if (version === undefined) {
    throw new DomainError(
      'malformed-request',
      'If-Match must be the ETag of the version that was changed, such as "3"',
    );
  }
  return Number(version);
}

function summaryOf(row: TemplateRow): Record<string, unknown> {
  return {
    ...{ id: row.id, programId: row.program_id, partnerType: row.partner_type, tier: row.tier },
    ...{ automatic: row.is_automatic, retiredAt: row.retired_at, createdAt: row.created_at },
    ...{ version: row.version, name: row.name, termsHash: row.terms_hash },
    ...{ versionCreatedAt: row.version_created_at, versionCreatedBy: row.version_created_by },
  };
}
