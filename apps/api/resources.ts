import type { Type } from '@nestjs/common';
import { AgreementsApiModule } from './agreements/agreements.module.js';
import { AmendmentsApiModule } from './amendments/amendments.module.js';
import { ApiKeysModule } from './api-keys/api-keys.module.js';
import { ApplicationsApiModule } from './applications/applications.module.js';
import { AttributionApiModule } from './attribution/attribution.module.js';
import { AuditModule } from './audit/audit.module.js';
import { BankFilesApiModule } from './bank-files/bank-files.module.js';
import { ContractTrackingApiModule } from './contract-tracking/contract-tracking.module.js';
import { DisputesApiModule } from './disputes/disputes.module.js';
import { EnvelopesApiModule } from './envelopes/envelopes.module.js';
import { EventsApiModule } from './events/events.module.js';
import { ExchangeRatesApiModule } from './exchange-rates/exchange-rates.module.js';
import { HoldsApiModule } from './holds/holds.module.js';
import { InboundApiModule } from './inbound/inbound.module.js';
import { LedgerApiModule } from './ledger/ledger.module.js';
import { MailsApiModule } from './mails/mails.module.js';
import { NegotiationsApiModule } from './negotiations/negotiations.module.js';
import { PartnersApiModule } from './partners/partners.module.js';
import { PayeesApiModule } from './payees/payees.module.js';
import { PayoutsApiModule } from './payouts/payouts.module.js';
import { ProgramsApiModule } from './programs/programs.module.js';
import { ReceivablesApiModule } from './receivables/receivables.module.js';
import { SigningPagesModule } from './signing-pages/signing-pages.module.js';
import { StoreCreditsApiModule } from './store-credits/store-credits.module.js';
import { WebhooksApiModule } from './webhooks/webhooks.module.js';
import { TemplatesApiModule } from './templates/templates.module.js';
import { TermsApiModule } from './terms/terms.module.js';
import { VerificationsApiModule } from './verifications/verifications.module.js';

/** Every resource of the API: a module each, with its controller, in a folder of its own. */
export const resources: Type[] = [
  AgreementsApiModule,
  AmendmentsApiModule,
  ApiKeysModule,
  ApplicationsApiModule,
  AttributionApiModule,
  AuditModule,
  BankFilesApiModule,
  ContractTrackingApiModule,
  DisputesApiModule,
  EnvelopesApiModule,
  EventsApiModule,
  ExchangeRatesApiModule,
  HoldsApiModule,
  InboundApiModule,
  LedgerApiModule,
  MailsApiModule,
  NegotiationsApiModule,
  PartnersApiModule,
  PayeesApiModule,
  PayoutsApiModule,
  ProgramsApiModule,
  ReceivablesApiModule,
  SigningPagesModule,
  StoreCreditsApiModule,
  WebhooksApiModule,
  TemplatesApiModule,
  TermsApiModule,
  VerificationsApiModule,
];
