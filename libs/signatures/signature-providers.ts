import { Injectable } from '@nestjs/common';
import { DocumentStore } from '../documents/index.js';
import { ProgramsService } from '../programs/index.js';
import { BuiltInProvider } from './built-in-provider.js';
import { EnvelopeLog } from './envelope-log.js';
import { shownDocument, type EnvelopeRow } from './envelope-rows.js';
import { EnvelopesService } from './envelopes.service.js';
import type { ProviderEnvelope, SignatureProvider } from './signature-provider.js';

/** The providers that programs may choose from, by name, and the orders to them. */
@Injectable()
export class SignatureProviders {
  private readonly providers = new Map<string, SignatureProvider>();

  constructor(
    private readonly programs: ProgramsService,
    private readonly documents: DocumentStore,
    private readonly log: EnvelopeLog,
    private readonly envelopes: EnvelopesService,
    builtIn: BuiltInProvider,
  ) {
    this.register(builtIn);
  }

  /** Makes a provider known under its name; another one of that name is replaced. */
  register(provider: SignatureProvider): void {
    this.providers.set(provider.name, provider);
  }

  async send(row: EnvelopeRow): Promise<void> {
    await this.of(row).send(await this.brief(row));
  }

  async resend(row: EnvelopeRow, order: { recipientId: string; number: number }): Promise<void> {
    await this.of(row).resend(await this.brief(row), order);
  }

  async remind(row: EnvelopeRow, order: { recipientId: string; number: number }): Promise<void> {
    await this.of(row).remind(await this.brief(row), order);
  }

  async extend(row: EnvelopeRow, order: { number: number }): Promise<void> {
    await this.of(row).extend(await this.brief(row), order);
  }

  async void(row: EnvelopeRow): Promise<void> {
    // What was never sent is nothing to take back.
    if (row.sent_at !== null) await this.of(row).void(await this.brief(row));
  }

  /** @throws an error where the program names one that this installation does not have: worth a retry after its repair */
  private of(row: EnvelopeRow): SignatureProvider {
    const provider = this.providers.get(row.provider);
    if (provider) return provider;
    throw new Error(`no signature provider is named ${row.provider}`);
  }

  private async brief(row: EnvelopeRow): Promise<ProviderEnvelope> {
    const { document } = await this.programs.get(row.program_id, row.program_version ?? undefined);
    const turn = this.envelopes.turn(row, document.signature).map(({ id }) => id);
    const documentHash = shownDocument(row)!;
    return {
      envelopeId: row.id,
      programId: row.program_id,
      title: document.name,
      state: row.state,
      language: row.language,
      expiresAt: row.expires_at,
      documentHash,
      readDocument: async () => (await this.documents.get(row.program_id, documentHash)).bytes,
      consent: await this.log.consent(row.id),
      recipients: row.recipients.map((recipient) => ({
        recipientId: recipient.id,
        party: recipient.party,
        place: recipient.place,
        name: recipient.name,
        email: recipient.email,
        role: recipient.role,
        state: recipient.state,
        isTurn: turn.includes(recipient.id),
        authentication: recipient.authentication,
      })),
    };
  }
}
