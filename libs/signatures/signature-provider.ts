import type { Language } from '../kernel/language.js';
import type { AuthenticationMethod, EnvelopeState, Party, RecipientState } from './domain/index.js';

/** An envelope as a provider gets it. */
export interface ProviderEnvelope {
  envelopeId: string;
  programId: string;
  title: string;
  state: EnvelopeState;
  language: Language;
  expiresAt: Date | null;
  /** What the recipients are to sign, by its hash; `readDocument` gives the bytes. */
  documentHash: string;
  readDocument: () => Promise<Uint8Array>;
  consent: { version: string; text: string };
  recipients: ProviderRecipient[];
}

export interface ProviderRecipient {
  recipientId: string;
  party: Party;
  /** From 1, within the party; lower places first where the program wants an order. */
  place: number;
  name: string | null;
  email: string | null;
  /** Anyone with this role may act; null for a person. */
  role: string | null;
  state: RecipientState;
  isTurn: boolean;
  authentication: AuthenticationMethod;
}

/**
 * Who carries a contract to those who sign and brings their acts back. The built-in one is the default; another one is
 * a class of this kind, registered with `SignatureProviders` under its name, which programs then choose by
 * `signature.provider`.
 *
 * Each order may come again after a failure or a lost answer: carry it out once, by the ids in it. What happens on the
 * provider's side comes back through `ProviderInbox` and nowhere else. An order that cannot be taken now throws; it is
 * given again with growing pauses.
 */
export abstract class SignatureProvider {
  abstract readonly name: string;

  /** Asks those whose turn it is. Given again at each change of turn; reports whom it asked with `ProviderInbox.asked`. */
  abstract send(envelope: ProviderEnvelope): Promise<void>;

  /** Asks one again who was asked before; `number` counts the repeats. */
  abstract resend(envelope: ProviderEnvelope, order: { recipientId: string; number: number }): Promise<void>;

  /** Reminds one who was asked and has not acted; `number` counts the reminders. Reports it with `ProviderInbox.reminded`. */
  abstract remind(envelope: ProviderEnvelope, order: { recipientId: string; number: number }): Promise<void>;

  /** The expiry was put off to `envelope.expiresAt`; `number` counts how often. */
  abstract extend(envelope: ProviderEnvelope, order: { number: number }): Promise<void>;

  /** The envelope has ended without a contract: nobody may act on it any more. */
  abstract void(envelope: ProviderEnvelope): Promise<void>;
}
