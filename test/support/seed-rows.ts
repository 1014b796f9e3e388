import { canonicalTermsText, termEnd, termRulesOf, termsHash, type Terms } from '../../libs/agreements/domain/index.js';
import type { Database } from '../../libs/database/index.js';
import { newId } from '../../libs/kernel/ids.js';
import { sha256 } from '../../libs/kernel/sha256.js';

/** Rows that tests of money need and that others' services would write, put in directly. */
const seededAt = new Date('2020-01-01T00:00:00Z');

/** A program with one version; its id. */
export async function seedProgram(
  database: Database,
  { currency = 'USD', ...settings }: { currency?: string; holds?: unknown; disputes?: unknown } = {},
): Promise<string> {
  const programId = newId('prg');
  await database.query(`insert into programs (id, slug, current_version, created_at) values ($1, $1, 1, $2)`, [
    programId,
    seededAt,
  ]);
  await database.query(
    `insert into program_versions (program_id, version, document, document_hash, created_at, created_by)
     values ($1, 1, $2, 'none', $3, 'test')`,
    [programId, JSON.stringify({ currency, ...settings }), seededAt],
  );
  return programId;
}

export interface SeededPartner {
  programId: string;
  reference: string;
  /** Without terms the partner has no agreement. */
  terms?: Terms;
  effectiveFrom?: Date;
  effectiveUntil?: Date;
  activatedAt?: Date;
  tiers?: readonly { from: Date; tier: string }[];
}

/** A partner, with an agreement where terms are given; the partner's id. */
export async function seedPartner(database: Database, partner: SeededPartner): Promise<string> {
  const { programId, reference, terms, effectiveFrom = seededAt, effectiveUntil, activatedAt, tiers = [] } = partner;
  const partnerId = newId('prt');
  const [personId, applicationId] = [newId('per'), newId('app')];
  await database.query(`insert into persons (id, program_id) values ($1, $2)`, [personId, programId]);
  await database.query(
    `insert into applications (id, program_id, program_version, person_id, stage, decision_due_at, created_at, stage_since)
     values ($1, $2, 1, $3, 'approved', $4, $4, $4)`,
    [applicationId, programId, personId, seededAt],
  );
  await database.query(
    `insert into partners (id, program_id, application_id, person_id, reference, stage, created_at, activated_at)
     values ($1, $2, $3, $4, $5, 'active', $6, $7)`,
    [partnerId, programId, applicationId, personId, reference, seededAt, activatedAt ?? null],
  );
  for (const { from, tier } of tiers) {
    await database.query(
      `insert into partner_tiers (program_id, partner_id, from_at, tier, reason, recorded_at) values ($1, $2, $3, $4, 'test', $3)`,
      [programId, partnerId, from, tier],
    );
  }
  const seeded = { programId, partnerId, applicationId };
  if (terms) await seedAgreement(database, seeded, terms, { from: effectiveFrom, until: effectiveUntil });
  return partnerId;
}

/** An agreement with one version, and all that a signature leaves behind; its version's id. */
export async function seedAgreement(
  database: Database,
  { programId, partnerId, applicationId }: { programId: string; partnerId: string; applicationId: string },
  terms: Terms,
  { from, until }: { from: Date; until?: Date | undefined },
): Promise<string> {
  const envelopeId = await seedEnvelope(database, { programId, partnerId, applicationId }, terms);
  const [agreementId, versionId] = [newId('agr'), newId('agv')];
  const hash = termsHash(terms);
  const rules = termRulesOf(terms);
  const termEndsAt = termEnd(from, rules, 1);
  await database.query(
    `insert into agreements (id, program_id, partner_id, created_at, state_since, started_at, ends_at, renewal, term_anchor,
       term_started_at, term_ends_at) values ($1, $2, $3, $4, $5, $5, $6, $7, $5, $5, $8)`,
    [agreementId, programId, partnerId, seededAt, from, until ?? null, rules.renewal, termEndsAt],
  );
  await database.query(
    `insert into agreement_term_periods (agreement_id, program_id, number, cause, terms_hash, started_at, ends_at, recorded_at)
     values ($1, $2, 1, 'begin', $3, $4, $5, $6)`,
    [agreementId, programId, hash, from, termEndsAt, seededAt],
  );
  await database.query(
    `insert into agreement_versions (id, program_id, agreement_id, partner_id, version, terms_hash, envelope_id, effective_from,
       in_force, created_at) values ($1, $2, $3, $4, 1, $5, $6, $7, tstzrange($7, $8, '[)'), $9)`,
    [versionId, programId, agreementId, partnerId, hash, envelopeId, from, until ?? null, seededAt],
  );
  return versionId;
}

/** An executed envelope on these terms, with all that it stands on; its id. One for each application. */
export async function seedEnvelope(
  database: Database,
  { programId, partnerId, applicationId }: { programId: string; partnerId: string; applicationId: string },
  terms: Terms,
): Promise<string> {
  const [negotiationId, envelopeId] = [newId('neg'), newId('env')];
  const hash = termsHash(terms);
  await database.query(
    `insert into terms_documents (program_id, hash, canonical, created_at) values ($1, $2, $3, $4) on conflict do nothing`,
    [programId, hash, canonicalTermsText(terms), seededAt],
  );
  await database.query(
    `insert into documents (program_id, sha256, kind, media_type, bytes, created_at)
     values ($1, $2, 'contract', 'application/pdf', $3, $4)`,
    [programId, sha256(envelopeId), Buffer.from('contract'), seededAt],
  );
  await database.query(
    `insert into negotiations (id, program_id, application_id, partner_id, state, current_number, last_number, agreed_hash, created_at,
       state_since) values ($1, $2, $3, $4, 'agreed', 1, 1, $5, $6, $6)`,
    [negotiationId, programId, applicationId, partnerId, hash, seededAt],
  );
  await database.query(
    `insert into envelopes (id, program_id, application_id, negotiation_id, partner_id, state, terms_hash, document_sha256,
       consent_version, link_hash, expires_at, created_at, state_since)
     values ($1, $2, $3, $4, $5, 'executed', $6, $7, 'test', $1, $8, $8, $8)`,
    [envelopeId, programId, applicationId, negotiationId, partnerId, hash, sha256(envelopeId), seededAt],
  );
  return envelopeId;
}
