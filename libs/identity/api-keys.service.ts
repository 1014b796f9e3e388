import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { newId } from '../kernel/ids.js';
import { sha256 } from '../kernel/sha256.js';
import type { Actor } from '../orchestration/actor.js';
import { grantText, parseGrant } from './domain/grant-text.js';
import { allPrograms, type Principal, type RoleGrant } from './domain/principal.js';
import { programsOf } from './domain/program-scope.js';

export const apiKeyPrefix = 'pak_';
const secretBytes = 32;
const maxLifetimeMs = 366 * 24 * 3_600_000;

/** An API key as its owner may see it again: everything but the secret. */
export interface ApiKey {
  id: string;
  programId: string;
  name: string;
  roles: string[];
  createdBy: string;
  createdAt: string;
  expiresAt: string;
  revokedAt: string | null;
}

interface ApiKeyRow {
  id: string;
  program_id: string;
  name: string;
  roles: string[];
  created_by: string;
  created_at: Date;
  expires_at: Date;
  revoked_at: Date | null;
}

export interface NewApiKey {
  name: string;
  /** A program's id, or `*`. Every grant of the key is for this program. */
  programId: string;
  grants: readonly RoleGrant[];
  expiresAt: Date;
}

const columns = 'id, program_id, name, roles, created_by, created_at, expires_at, revoked_at';

/** Keys of machines: a random secret that is shown once and stored as its hash, with scopes, an end and a revocation. */
@Injectable()
export class ApiKeys {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
  ) {}

  /** Makes a key; the secret is in this answer and nowhere else. The expiry must lie within a year. */
  async create(key: NewApiKey, actor: Actor): Promise<ApiKey & { secret: string }> {
    const now = this.clock.now();
    const lifetimeMs = key.expiresAt.getTime() - now.getTime();
    if (lifetimeMs <= 0 || lifetimeMs > maxLifetimeMs) {
      throw new DomainError('malformed-request', 'the key must end, and not before it begins', [
        { pointer: '/expiresAt', message: 'must lie in the future, within a year' },
      ]);
    }
    const secret = apiKeyPrefix + randomBytes(secretBytes).toString('base64url');
    const roles = key.grants.map((grant) => grantText({ ...grant, programId: key.programId }));
    return this.database.inTransaction(async (tx) => {
      const row = await rowOf<ApiKeyRow>(
        tx,
        `insert into api_keys (id, program_id, name, secret_hash, roles, created_by, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8) returning ${columns}`,
        [newId('key'), key.programId, key.name, sha256(secret), roles, actor.actorId, now, key.expiresAt],
      );
      await this.record(tx, 'api-key.create', row!, actor);
      return { ...asApiKey(row!), secret };
    });
  }

  /** Keys of the programs, newest first; `after` is the id that the last page ended with. */
  async list(programs: '*' | readonly string[], limit: number, after?: string): Promise<ApiKey[]> {
    const rows = await this.database.query<ApiKeyRow>(
      `select ${columns} from api_keys
       where ($1::text[] is null or program_id = any($1)) and ($2::text is null or id < $2) order by id desc limit $3`,
      [programs === allPrograms ? null : programs, after ?? null, limit],
    );
    return rows.map(asApiKey);
  }

  /** Ends a key at once and for good; ending it twice changes nothing. `by` must be admin where the key lives. */
  async revoke(id: string, by: Principal, actor: Actor): Promise<void> {
    const programs = programsOf(by, ['admin']);
    await this.database.inTransaction(async (tx) => {
      const row = await rowOf<ApiKeyRow>(tx, `select ${columns} from api_keys where id = $1 for update`, [id]);
      const isTheirs = row && (programs === allPrograms || programs.includes(row.program_id));
      if (!isTheirs) throw new DomainError('not-found', 'there is no such API key');
      if (row.revoked_at) return;
      await tx.query(`update api_keys set revoked_at = $2 where id = $1`, [id, this.clock.now()]);
      await this.record(tx, 'api-key.revoke', row, actor);
    });
  }

  /** @throws DomainError `unauthenticated` for a key that is unknown, expired or revoked; which, is not told */
  async principalOf(secret: string): Promise<Principal> {
    const [row] = await this.database.query<ApiKeyRow>(`select ${columns} from api_keys where secret_hash = $1`, [
      sha256(secret),
    ]);
    if (!row || row.revoked_at || row.expires_at <= this.clock.now()) {
      throw new DomainError('unauthenticated', 'the API key is not valid');
    }
    const roles = row.roles.map(parseGrant).filter((grant) => grant !== undefined);
    return { id: row.id, kind: 'api_key', roles };
  }

  private record(tx: Transaction, action: string, row: ApiKeyRow, actor: Actor): Promise<void> {
    return this.audit.record(tx, {
      ...actor,
      programId: row.program_id,
      action,
      subjectId: row.id,
      details: { roles: row.roles, expiresAt: row.expires_at.toISOString() },
    });
  }
}

function asApiKey(row: ApiKeyRow): ApiKey {
  return {
    id: row.id,
    programId: row.program_id,
    name: row.name,
    roles: row.roles,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    revokedAt: row.revoked_at?.toISOString() ?? null,
  };
}
