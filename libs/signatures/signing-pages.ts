import { Injectable } from '@nestjs/common';
import { Database } from '../database/index.js';
import { DocumentStore, type ContractStyle, type ContractText, type StoredDocument } from '../documents/index.js';
import { DomainError } from '../kernel/domain-error.js';
import { contractStyle, ProgramsService } from '../programs/index.js';
import { newId } from '../kernel/ids.js';
import { envelopeStates, isOpen, type EnvelopeState, type RecipientState } from './domain/index.js';
import { ContractTexts } from './contract-texts.js';
import { EnvelopeLog } from './envelope-log.js';
import { newestDocument, type EnvelopeRow, type RecipientRow } from './envelope-rows.js';
import { EnvelopesService } from './envelopes.service.js';
import { ProviderInbox, type Origin } from './provider-inbox.js';
import { SignerAuthentication, type AuthenticationView } from './signer-authentication.js';
import { SigningLinks } from './signing-links.js';

/** What a signer's page shows. Until the signer has proved who it is, what it is about stays empty. */
export interface SigningView {
  envelopeId: string;
  recipientId: string;
  state: EnvelopeState;
  recipientState: RecipientState;
  /** Whether the signer's act is what the envelope waits for. */
  isTurn: boolean;
  signerName: string | null;
  programName: string;
  company: string;
  language: string;
  expiresAt: Date | null;
  authentication: AuthenticationView;
  mayDelegate: boolean;
  documentHash: string | null;
  termsHash: string | null;
  consent: { version: string; text: string } | null;
  /** Who signs for the partner, in the order of their places. */
  signers: { name: string | null; title: string | null; state: RecipientState }[] | null;
}

/** What a signer's page shows of itself before anything is done by it: nothing of this counts as a look at the contract. */
export interface SigningFace extends SigningView {
  /** IANA: the program's, which deadlines are told in. */
  timeZone: string;
  /** Which digits numbers are written in, where the program says. */
  numerals: ContractStyle['numerals'];
  /** Whether this is the session of the signer, which pages ask for even where the link alone is the proof. */
  hasSession: boolean;
  /** Whether somebody else has to sign before. */
  isWaiting: boolean;
  /** Whether anything can still be signed, declined or passed on. */
  isOpen: boolean;
  hasCertificate: boolean;
}

/** The contract as it is read on a page. */
export interface ReadContract {
  view: SigningView;
  /** Null where the PDF alone says what is signed. */
  text: ContractText | null;
}

/** A signer whose link and, where it is needed, session were checked. */
export interface SigningParty {
  row: EnvelopeRow;
  recipient: RecipientRow;
  /** Null where the link alone is the proof and no session was begun. */
  sessionId: string | null;
}

/** A change of who signs that was written down and is still to be made. */
export interface ChangeIntent {
  personId: string;
  /** What the update names as its evidence. */
  evidenceId: string;
  /** Makes the change; where it is refused, the person is forgotten again. */
  orUndo<Result>(work: () => Promise<Result>): Promise<Result>;
}

/** Everything that a signer's client reads: by JSON, and by the pages on top of it. */
@Injectable()
export class SigningPages {
  constructor(
    private readonly database: Database,
    private readonly programs: ProgramsService,
    private readonly documents: DocumentStore,
    private readonly log: EnvelopeLog,
    private readonly links: SigningLinks,
    private readonly authentication: SignerAuthentication,
    private readonly inbox: ProviderInbox,
    private readonly envelopes: EnvelopesService,
    private readonly texts: ContractTexts,
  ) {}

  /**
   * What the link leads to. To a signer who has proved who it is, the look counts as one at the contract.
   * @throws DomainError `not-found`, `link-replaced`, `not-your-turn` (others sign before)
   */
  async view(link: string, session: string | undefined, origin: Origin, requestId?: string): Promise<SigningView> {
    const { row, recipient } = await this.resolved(link);
    const authentication = await this.authentication.view(row, recipient, session);
    if (!authentication.isDone) {
      if (isOpenFor(row)) await this.inbox.noted(row.id, recipient.id, 'opened', { ...origin });
      return this.viewOf(row, recipient, authentication, false);
    }
    const sessionId = (await this.authentication.require(recipient, session)) ?? undefined;
    await this.inbox.viewed(row.id, recipient.id, { ...origin, sessionId }, requestId);
    const { row: seen, recipient: looker } = await this.resolved(link);
    return this.viewOf(seen, looker, authentication, true);
  }

  /** Who asks for what, for a page that looks at nothing yet. @throws DomainError `not-found`, `link-replaced` */
  async face(link: string, session: string | undefined): Promise<SigningFace> {
    const { row, recipient } = await this.links.resolve(link);
    const [authentication, id, { document }] = await Promise.all([
      this.authentication.view(row, recipient, session),
      this.authentication.sessionId(recipient, session),
      this.programs.get(row.program_id, row.program_version ?? undefined),
    ]);
    const hasSession = id !== undefined;
    return {
      ...(await this.viewOf(row, recipient, authentication, hasSession)),
      timeZone: document.timeZone,
      numerals: contractStyle(document).numerals,
      hasSession,
      isWaiting: recipient.state === 'waiting' && !envelopeStates.isTerminal(row.state),
      isOpen: isOpenFor(row) && isOpen(recipient),
      hasCertificate: row.certificate_sha256 !== null,
    };
  }

  /** Somebody opened the link: whether a person or a mail server, nobody knows. @throws DomainError as `face` */
  async opened(link: string, origin: Origin): Promise<void> {
    const { row, recipient } = await this.links.resolve(link);
    if (isOpenFor(row)) await this.inbox.noted(row.id, recipient.id, 'opened', { ...origin });
  }

  /** The contract, read by the signer in its session: this is a look at it. @throws DomainError as `party` */
  async read(link: string, session: string | undefined, origin: Origin, requestId?: string): Promise<ReadContract> {
    const view = await this.view(link, session, origin, requestId);
    const { row } = await this.links.resolve(link);
    return { view, text: await this.texts.of(row) };
  }

  /** The signer was shown what it is asked to consent to. @throws DomainError as `party` */
  async consentShown(link: string, session: string | undefined): Promise<void> {
    const { row, recipient, sessionId } = await this.party(link, session);
    if (sessionId === null || !isOpenFor(row)) return;
    const { consent_version: consentVersion, consent_hash: consentHash, document_sha256: documentHash } = row;
    const shown = { consentVersion, consentHash, documentHash, sessionId };
    await this.inbox.notedOnce(row.id, recipient.id, 'consent_shown', shown);
  }

  /** The signer's client tells which sections of the contract were on the screen. @throws DomainError as `pagesRead` */
  async sectionsRead(
    link: string,
    session: string | undefined,
    read: { documentHash: string; sections: string[] },
  ): Promise<void> {
    const { row, recipient, sessionId } = await this.readable(link, session, read.documentHash);
    const sections = [...new Set(read.sections)];
    await this.inbox.noted(row.id, recipient.id, 'sections_read', { ...read, sections, sessionId });
  }

  /**
   * The signer behind a link, with the proof that its acts need.
   * @throws DomainError as `view`, and `authentication-required`
   */
  async party(link: string, session: string | undefined): Promise<SigningParty> {
    const { row, recipient } = await this.resolved(link);
    return { row, recipient, sessionId: await this.authentication.require(recipient, session) };
  }

  /** The signer behind a link, whether or not it has proved who it is. @throws DomainError as `view` */
  resolve(link: string): Promise<{ row: EnvelopeRow; recipient: RecipientRow }> {
    return this.resolved(link);
  }

  /** What is to be signed, byte for byte; once all have signed, the signed contract. @throws DomainError as `party` */
  async document(link: string, session: string | undefined): Promise<StoredDocument> {
    const { row } = await this.party(link, session);
    const hash = row.state === 'executed' ? newestDocument(row) : row.document_sha256;
    if (hash === null) throw new DomainError('not-found', 'there is no contract yet');
    return this.documents.get(row.program_id, hash);
  }

  /** The PDF as `document`; that it was opened is a fact. @throws DomainError as `document` */
  async openedDocument(link: string, session: string | undefined): Promise<StoredDocument> {
    const document = await this.document(link, session);
    const { row, recipient, sessionId } = await this.party(link, session);
    if (sessionId !== null && isOpenFor(row)) {
      const opened = { documentHash: row.document_sha256, sessionId };
      await this.inbox.notedOnce(row.id, recipient.id, 'document_opened', opened);
    }
    return document;
  }

  /** The evidence certificate, once it is there. @throws DomainError as `party`, `not-found` */
  async certificate(link: string, session: string | undefined): Promise<StoredDocument> {
    const { row } = await this.party(link, session);
    if (row.certificate_sha256 === null) throw new DomainError('not-found', 'there is no evidence certificate yet');
    return this.documents.get(row.program_id, row.certificate_sha256);
  }

  /**
   * The signer's client tells which pages of the contract were on the screen.
   * @throws DomainError as `party`, `hash-mismatch` (pages of another document)
   */
  async pagesRead(
    link: string,
    session: string | undefined,
    read: { documentHash: string; pages: number[] },
  ): Promise<void> {
    const { row, recipient, sessionId } = await this.readable(link, session, read.documentHash);
    const pages = [...new Set(read.pages)].sort((a, b) => a - b);
    await this.inbox.noted(row.id, recipient.id, 'pages_read', { pages, documentHash: read.documentHash, sessionId });
  }

  /**
   * Writes down who is to act in a recipient's place, or how it is spelt right: the name and address go into a row of their own, so that the
   * update names it by its id alone.
   */
  async changeIntent(
    { row, recipient }: Pick<SigningParty, 'row' | 'recipient'>,
    person: { name: string; email: string; title?: string | undefined; subjectId?: string | undefined },
    act: { actorId: string; type: 'delegation_intent' | 'correction_intent' },
  ): Promise<ChangeIntent> {
    const personId = newId('per');
    const { name, email, title, subjectId } = person;
    await this.database.query(
      `insert into persons (id, program_id, name, email, language) select $1, $2, $3, $4, language from persons where id = $5`,
      [personId, row.program_id, name, email, recipient.person_id ?? row.person_id],
    );
    const data = { recipientId: recipient.id, personId, title, subjectId };
    const evidenceId = await this.inbox.note(row.id, act.actorId, act.type, data);
    const orUndo = async <Result>(work: () => Promise<Result>): Promise<Result> => {
      try {
        const result = await work();
        // A repeat of what was done before: another row of the same person has the part.
        await this.forget(personId);
        return result;
      } catch (error) {
        // Nothing is kept of a person whose part was refused; while the answer is out, it may still get one.
        if (error instanceof DomainError && error.code !== 'unavailable') await this.forget(personId);
        throw error;
      }
    };
    return { personId, evidenceId, orUndo };
  }

  private async forget(personId: string): Promise<void> {
    const sql = `delete from persons p where id = $1 and not exists (select 1 from envelope_recipients r where r.person_id = p.id)`;
    await this.database.query(sql, [personId]);
  }

  /** The signer who reads a contract that can still be signed. */
  private async readable(link: string, session: string | undefined, documentHash: string): Promise<SigningParty> {
    const party = await this.party(link, session);
    const { state, document_sha256: shown } = party.row;
    if (!isOpenFor(party.row))
      throw new DomainError('illegal-transition', `envelope: cannot be read for signing while ${state}`);
    if (documentHash !== shown) throw new DomainError('hash-mismatch', 'these are pages of another document');
    return party;
  }

  private async resolved(link: string): Promise<{ row: EnvelopeRow; recipient: RecipientRow }> {
    const found = await this.links.resolve(link);
    if (found.recipient.state === 'waiting' && !envelopeStates.isTerminal(found.row.state)) {
      throw new DomainError('not-your-turn', 'others have to sign before');
    }
    return found;
  }

  private async viewOf(
    row: EnvelopeRow,
    recipient: RecipientRow,
    authentication: AuthenticationView,
    isShown: boolean,
  ): Promise<SigningView> {
    const { document } = await this.programs.get(row.program_id, row.program_version ?? undefined);
    const partner = row.recipients.filter(({ party, state }) => party === 'partner' && state !== 'delegated');
    return {
      envelopeId: row.id,
      recipientId: recipient.id,
      state: row.state,
      recipientState: recipient.state,
      isTurn: this.envelopes.turn(row, document.signature).some(({ id }) => id === recipient.id),
      signerName: isShown ? recipient.name : null,
      programName: document.name,
      company: document.company,
      language: row.language,
      expiresAt: row.expires_at,
      authentication,
      mayDelegate: document.signature.delegation === 'allowed',
      documentHash: isShown ? row.document_sha256 : null,
      termsHash: isShown ? row.terms_hash : null,
      consent: isShown && row.document_sha256 !== null ? await this.log.consent(row.id) : null,
      signers: isShown ? partner.map(({ name, title, state }) => ({ name, title, state })) : null,
    };
  }
}

/** Whether the contract can still be looked at in order to sign it. */
function isOpenFor({ state }: EnvelopeRow): boolean {
  return envelopeStates.allows(state, 'view');
}
