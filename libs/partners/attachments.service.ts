import { Injectable } from '@nestjs/common';
import { fileTypeFromBuffer } from 'file-type';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, type Transaction } from '../database/index.js';
import { DocumentStore } from '../documents/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { newId } from '../kernel/ids.js';
import type { Actor } from '../orchestration/actor.js';
import { Outbox } from '../outbox/index.js';
import { attachmentMediaTypes, maxAttachmentBytes, ProgramsService } from '../programs/index.js';
import { lockApplication, type ApplicationRow } from './application-row.js';
import { ApplicationsService } from './applications.service.js';
import { isUndecided } from './domain/index.js';
import { seal, unseal } from './sealed-bytes.js';

export interface AttachmentView {
  id: string;
  mediaType: string;
  sizeBytes: number;
  fileName: string | null;
  createdAt: Date;
}

interface AttachmentRow {
  document_sha256: string;
  content_key: Buffer | null;
  media_type: string;
  file_name: string | null;
}

/**
 * Files that applicants add. What a file is, its bytes say and not its name. Each is encrypted under a key of its own
 * before it goes to the document store: without the key, which stands in its row, no copy of it can be read.
 */
@Injectable()
export class AttachmentsService {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly programs: ProgramsService,
    private readonly documents: DocumentStore,
    private readonly applications: ApplicationsService,
  ) {}

  /**
   * Adds a file to an application that nobody has decided on.
   * @throws DomainError `payload-too-large`, `unsupported-media-type` (neither PDF, PNG nor JPEG), `invalid-document`
   * (empty), `illegal-transition` (decided, or as many files as the program takes)
   */
  async add(
    applicationId: string,
    { bytes, fileName }: { bytes: Uint8Array; fileName?: string | undefined },
    actor: Actor,
  ): Promise<AttachmentView> {
    const mediaType = await mediaTypeOf(bytes);
    const before = await this.applications.get(applicationId);
    await this.requireRoom(before);
    const { key, bytes: sealed } = seal(bytes);
    const stored = { kind: 'attachment' as const, mediaType: 'application/octet-stream', bytes: sealed };
    const hash = await this.documents.put(before.program_id, stored);
    try {
      return await this.database.inTransaction(async (tx) => {
        const row = await lockApplication(tx, applicationId);
        await this.requireRoom(row, tx);
        const made = { id: newId('att'), mediaType, sizeBytes: bytes.byteLength, fileName: fileName ?? null };
        const createdAt = this.clock.now();
        await tx.query(
          `insert into application_attachments
             (id, program_id, application_id, document_sha256, content_key, media_type, size_bytes, file_name, created_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
          [made.id, row.program_id, row.id, hash, key, mediaType, made.sizeBytes, made.fileName, createdAt],
        );
        await this.noteAdded(tx, row, made, actor);
        return { ...made, createdAt };
      });
    } catch (error) {
      // Two at once came for the last place: what the slower one stored goes again.
      if (error instanceof DomainError) {
        await this.database.inTransaction((tx) => this.documents.erase(before.program_id, [hash], tx));
      }
      throw error;
    }
  }

  /** Oldest first. */
  list(applicationId: string): Promise<AttachmentView[]> {
    return this.database.query<AttachmentView>(
      `select id, media_type as "mediaType", size_bytes as "sizeBytes", file_name as "fileName", created_at as "createdAt"
       from application_attachments where application_id = $1 and content_key is not null order by id`,
      [applicationId],
    );
  }

  /** @throws DomainError `not-found`, also for what was erased */
  async read(
    programId: string,
    applicationId: string,
    attachmentId: string,
  ): Promise<{ bytes: Uint8Array; mediaType: string; fileName: string | null }> {
    const [row] = await this.database.query<AttachmentRow>(
      `select document_sha256, content_key, media_type, file_name from application_attachments
       where id = $1 and application_id = $2 and program_id = $3`,
      [attachmentId, applicationId, programId],
    );
    if (!row?.content_key) throw new DomainError('not-found', 'there is no such thing');
    const { bytes } = await this.documents.get(programId, row.document_sha256);
    return { bytes: unseal(bytes, row.content_key), mediaType: row.media_type, fileName: row.file_name };
  }

  private async requireRoom(row: ApplicationRow, tx: Transaction = this.database.dataSource.manager): Promise<void> {
    if (!isUndecided(row.stage)) throw new DomainError('illegal-transition', `the application is ${row.stage}`);
    const { document } = await this.programs.getIn(tx, row.program_id, row.program_version);
    const { max } = document.application.attachments;
    const sql = `select count(*)::int as count from application_attachments where application_id = $1`;
    const { count } = (await rowOf<{ count: number }>(tx, sql, [row.id]))!;
    if (count >= max) throw new DomainError('illegal-transition', `an application takes ${max} attachments at most`);
  }

  private async noteAdded(
    tx: Transaction,
    row: ApplicationRow,
    { id, mediaType, sizeBytes }: { id: string; mediaType: string; sizeBytes: number },
    { actorId, requestId }: Actor,
  ): Promise<void> {
    await this.audit.record(tx, {
      actorId,
      ...(requestId === undefined ? {} : { requestId }),
      programId: row.program_id,
      action: 'application.attach',
      subjectId: row.id,
      details: { attachmentId: id, mediaType, sizeBytes },
    });
    const event = { type: 'application.attachment_added' as const, subjectId: row.id, data: { attachmentId: id } };
    await this.outbox.announce(tx, row.program_id, event);
  }
}

async function mediaTypeOf(bytes: Uint8Array): Promise<string> {
  if (bytes.byteLength === 0) throw new DomainError('invalid-document', 'the file is empty');
  if (bytes.byteLength > maxAttachmentBytes) {
    throw new DomainError('payload-too-large', `a file has at most ${maxAttachmentBytes} bytes`);
  }
  const found = (await fileTypeFromBuffer(bytes))?.mime;
  const mediaType = attachmentMediaTypes.find((type) => type === found);
  if (mediaType) return mediaType;
  throw new DomainError(
    'unsupported-media-type',
    'the file is neither a PDF nor a PNG or JPEG picture, whatever its name',
  );
}
