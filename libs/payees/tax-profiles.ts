import { Injectable } from '@nestjs/common';
import { Temporal } from 'temporal-polyfill';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, rowsOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { newId } from '../kernel/ids.js';
import type { Actor } from '../orchestration/actor.js';
import { Outbox } from '../outbox/index.js';
import { PartnersService } from '../partners/index.js';
import { ProgramsService, type Program } from '../programs/index.js';
import { requireContract } from './contract-needed.js';
import type { Channel } from './details-rows.js';
import {
  checkTaxProfile,
  ending,
  isValidOn,
  type StatedTaxProfile,
  type TaxForm,
  type TaxIdKind,
  type TaxSecrets,
  type WithholdingFacts,
} from './domain/index.js';
import { PayeeKeys } from './payee-keys.js';

export interface TaxProfileRow {
  id: string;
  program_id: string;
  partner_id: string;
  version: number;
  form: TaxForm;
  country: string;
  tax_id_kind: TaxIdKind | null;
  ending: string;
  signed_on: string | null;
  expires_on: string | null;
  sealed: Buffer;
  key_id: string;
  channel: Channel;
  submitted_by: string;
  submitted_at: Date;
}

/** A profile as people see it: of the tax id the last characters, of the name and the address nothing. */
export interface TaxProfileView {
  id: string;
  partnerId: string;
  version: number;
  form: TaxForm;
  country: string;
  taxIdKind: TaxIdKind | null;
  ending: string;
  signedOn: string | null;
  expiresOn: string | null;
  /** Whether it holds today. Of the versions only the newest one may. */
  isValid: boolean;
  channel: Channel;
  submittedBy: string;
  submittedAt: Date;
}

export interface TaxProfileChange extends Actor {
  partnerId: string;
  channel: Channel;
  profile: StatedTaxProfile;
}

/** What rules of withholding see of a partner, and the profile that tells it. */
export interface PartnerTaxFacts extends WithholdingFacts {
  profileId: string | null;
}

/** What partners have stated about their taxes: each statement is a version, and the newest one counts. */
@Injectable()
export class TaxProfiles {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly programs: ProgramsService,
    private readonly partners: PartnersService,
    private readonly keys: PayeeKeys,
  ) {}

  /**
   * Takes down a new profile.
   * @throws DomainError `not-found`, `invalid-document` (with pointers), `illegal-transition` without a contract
   */
  async submit(change: TaxProfileChange): Promise<TaxProfileView> {
    const { program_id: programId } = await this.partners.get(change.partnerId);
    const today = this.todayOf(await this.programs.get(programId));
    const profile = checkTaxProfile(change.profile, today);
    return this.database.inTransaction(async (tx) => {
      const partner = await this.partners.lock(tx, change.partnerId);
      requireContract(partner);
      const [newest] = await profilesOf(tx, partner.id);
      const { actorId, requestId } = change;
      const repeated = await this.audit.wasRequested(tx, { actorId, requestId, subjectId: partner.id });
      if (repeated && newest) return viewOf(newest, newest, today);
      const version = (newest?.version ?? 0) + 1;
      const identity = { id: newId('tax'), program_id: programId, partner_id: partner.id };
      const { sealed, keyId } = this.keys.seal(profileContext(identity), profile.secrets);
      const { form, country, taxIdKind, signedOn, expiresOn, secrets } = profile;
      const row = await rowOf<TaxProfileRow>(
        tx,
        `insert into tax_profiles (id, program_id, partner_id, version, form, country, tax_id_kind, ending, signed_on, expires_on,
           sealed, key_id, channel, submitted_by, submitted_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) returning *`,
        [
          ...[identity.id, programId, partner.id, version, form, country, taxIdKind, ending(secrets.taxId ?? '')],
          ...[signedOn, expiresOn, sealed, keyId, change.channel, actorId, this.clock.now()],
        ],
      );
      if (!row) throw new Error('the tax profile was not written');
      const details = { taxProfileId: row.id, version, form };
      const fact = {
        actorId,
        requestId,
        programId,
        action: 'partner.tax_profile_made',
        subjectId: partner.id,
        details,
      };
      await this.audit.record(tx, fact);
      const event = { type: 'partner.tax_profile_made' as const, subjectId: partner.id, data: details };
      await this.outbox.announce(tx, programId, event);
      return viewOf(row, row, today);
    });
  }

  /** All profiles of a partner, newest first, masked. @throws DomainError `not-found` */
  async versions(partnerId: string): Promise<TaxProfileView[]> {
    const { program_id: programId } = await this.partners.get(partnerId);
    const today = this.todayOf(await this.programs.get(programId));
    const rows = await profilesOf(this.database.dataSource.manager, partnerId);
    return rows.map((row) => viewOf(row, rows[0], today));
  }

  /** What is known of the taxes of partners of one program, as that is now, by partner. */
  async factsOf(
    tx: Transaction,
    program: Program,
    partnerIds: readonly string[],
  ): Promise<ReadonlyMap<string, PartnerTaxFacts>> {
    const today = this.todayOf(program);
    const rows = await rowsOf<{
      partner_id: string;
      profile_id: string | null;
      form: TaxForm | null;
      country: string | null;
      expires_on: string | null;
    }>(
      tx,
      `select p.id as partner_id, t.id as profile_id, t.form, t.expires_on, coalesce(t.country, a.country) as country
       from partners p join applications a on a.id = p.application_id
       left join lateral (select * from tax_profiles x where x.partner_id = p.id order by version desc limit 1) t on true
       where p.program_id = $1 and p.id = any($2)`,
      [program.id, [...partnerIds]],
    );
    return new Map(
      rows.map(({ partner_id: id, profile_id: profileId, form, country, expires_on: expiresOn }) => {
        const holds = form !== null && isValidOn({ expiresOn }, today);
        return [id, { profileId, form: holds ? form : 'missing', country }];
      }),
    );
  }

  /** Names, addresses and tax ids in clear, for papers that the law wants them on; who has no profile is absent. */
  async secretsOf(
    tx: Transaction,
    partnerIds: readonly string[],
  ): Promise<ReadonlyMap<string, TaxSecrets & { country: string }>> {
    const rows = await rowsOf<TaxProfileRow>(
      tx,
      `select distinct on (partner_id) * from tax_profiles where partner_id = any($1) order by partner_id, version desc`,
      [[...partnerIds]],
    );
    return new Map(
      rows.map((row) => {
        const secrets = this.keys.open<TaxSecrets>(profileContext(row), { sealed: row.sealed, keyId: row.key_id });
        return [row.partner_id, { ...secrets, country: row.country }];
      }),
    );
  }

  private todayOf({ document: { timeZone } }: Program): string {
    const now = Temporal.Instant.fromEpochMilliseconds(this.clock.now().getTime());
    return now.toZonedDateTimeISO(timeZone).toPlainDate().toString();
  }
}

/** What a profile's secrets are bound to. */
export function profileContext(row: Pick<TaxProfileRow, 'id' | 'program_id' | 'partner_id'>): string {
  return `tax-profile:${row.program_id}:${row.partner_id}:${row.id}`;
}

function profilesOf(tx: Transaction, partnerId: string): Promise<TaxProfileRow[]> {
  return rowsOf<TaxProfileRow>(tx, `select * from tax_profiles where partner_id = $1 order by version desc`, [
    partnerId,
  ]);
}

function viewOf(row: TaxProfileRow, newest: TaxProfileRow | undefined, today: string): TaxProfileView {
  return {
    id: row.id,
    partnerId: row.partner_id,
    version: row.version,
    form: row.form,
    country: row.country,
    taxIdKind: row.tax_id_kind,
    ending: row.ending,
    signedOn: row.signed_on,
    expiresOn: row.expires_on,
    isValid: row.id === newest?.id && isValidOn({ expiresOn: row.expires_on }, today),
    channel: row.channel,
    submittedBy: row.submitted_by,
    submittedAt: row.submitted_at,
  };
}
