import { Controller, Get, Post, Req, StreamableFile } from '@nestjs/common';
import { z } from 'zod';
import type { Principal } from '../../../libs/identity/index.js';
import type { Actor } from '../../../libs/orchestration/index.js';
import { AttachmentsService, type AttachmentView } from '../../../libs/partners/index.js';
import { maxAttachmentBytes } from '../../../libs/programs/index.js';
import { Caller, CallingActor, Endpoint, IdParam, ZodQuery, type ApiRequest } from '../edge/index.js';
import { reviewers, VisibleApplications } from './visible-applications.js';

const attachment = z.object({
  id: z.string(),
  mediaType: z.string(),
  sizeBytes: z.number().int(),
  fileName: z.string().nullable(),
  createdAt: z.iso.datetime(),
});
const nameQuery = z.strictObject({
  /** What the file is called, for people; nothing is told from it. */
  fileName: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .regex(/^[^\p{Cc}\p{Cs}/\\]+$/u, 'must be a name without a path')
    .optional(),
});

/** Files that applicants add for their reviewers. */
@Controller('v1/applications/:id/attachments')
export class AttachmentsController {
  constructor(
    private readonly attachments: AttachmentsService,
    private readonly visible: VisibleApplications,
  ) {}

  @Post()
  @Endpoint({
    summary: 'Add a file to an application',
    description:
      'The body is the file itself: a PDF, or a PNG or JPEG picture, at most 10 MiB. Its bytes say what it is.',
    roles: ['applicant'],
    status: 201,
    response: attachment,
    takes: { maxBytes: maxAttachmentBytes },
    errors: ['not-found', 'illegal-transition', 'invalid-document', 'malformed-request'],
  })
  async add(
    @IdParam('id', 'app') id: string,
    @ZodQuery(nameQuery) { fileName }: z.infer<typeof nameQuery>,
    @Req() request: ApiRequest,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<AttachmentView> {
    await this.visible.get(id, caller, ['applicant']);
    return this.attachments.add(id, { bytes: request.body as Buffer, fileName }, actor);
  }

  @Get()
  @Endpoint({
    summary: 'List the files of an application',
    roles: [...reviewers, 'applicant'],
    response: z.object({ items: z.array(attachment), next: z.null() }),
    errors: ['not-found'],
  })
  async list(
    @IdParam('id', 'app') id: string,
    @Caller() caller: Principal,
  ): Promise<{ items: AttachmentView[]; next: null }> {
    await this.visible.get(id, caller, [...reviewers, 'applicant']);
    return { items: await this.attachments.list(id), next: null };
  }

  @Get(':attachmentId')
  @Endpoint({
    summary: 'Read a file, byte for byte',
    roles: [...reviewers, 'applicant'],
    contentType: 'application/octet-stream',
    errors: ['not-found'],
  })
  async read(
    @IdParam('id', 'app') id: string,
    @IdParam('attachmentId', 'att') attachmentId: string,
    @Caller() caller: Principal,
  ): Promise<StreamableFile> {
    const { programId } = await this.visible.get(id, caller, [...reviewers, 'applicant']);
    const { bytes, mediaType, fileName } = await this.attachments.read(programId, id, attachmentId);
    const name = encodeURIComponent(fileName ?? attachmentId).replaceAll("'", '%27');
    // Saved and not shown: a stranger's file must not run under our address.
    return new StreamableFile(bytes, { type: mediaType, disposition: `attachment; filename*=UTF-8''${name}` });
  }
}
