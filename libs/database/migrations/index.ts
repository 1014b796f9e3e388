import { Foundation1760000000001 } from './0001-foundation.js';
import { ProgramsAndPartners1760000000002 } from './0002-programs-and-partners.js';
import { AgreementsAndSignatures1760000000003 } from './0003-agreements-and-signatures.js';
import { EventsAndCommissions1760000000004 } from './0004-events-and-commissions.js';
import { Ledger1760000000005 } from './0005-ledger.js';
import { Payouts1760000000006 } from './0006-payouts.js';
import { Languages1760000000007 } from './0007-languages.js';
import { Intake1760000000008 } from './0008-intake.js';
import { Negotiation1760000000009 } from './0009-negotiation.js';
import { AgreementLife1760000000010 } from './0010-agreement-life.js';
import { Documents1760000000011 } from './0011-documents.js';
import { Signing1760000000012 } from './0012-signing.js';
import { Messages1760000000013 } from './0013-messages.js';
import { Tracking1760000000014 } from './0014-tracking.js';
import { Amendments1760000000015 } from './0015-amendments.js';
import { ErasureOfContracts1760000000016 } from './0016-erasure-of-contracts.js';
import { RepeatedRequests1760000000017 } from './0017-repeated-requests.js';
import { RunningTotals1760000000018 } from './0018-running-totals.js';
import { Books1760000000019 } from './0019-books.js';
import { PayoutControls1760000000020 } from './0020-payout-controls.js';
import { Payees1760000000021 } from './0021-payees.js';
import { BankFiles1760000000022 } from './0022-bank-files.js';
import { Rails1760000000023 } from './0023-rails.js';
import { Holds1760000000024 } from './0024-holds.js';
import { ExchangeRates1760000000025 } from './0025-exchange-rates.js';
import { TierReviews1760000000026 } from './0026-tier-reviews.js';
import { Attribution1760000000027 } from './0027-attribution.js';
import { Withholding1760000000028 } from './0028-withholding.js';
import { ReferencesByStatement1760000000029 } from './0029-references-by-statement.js';
import { ProgramRails1760000000030 } from './0030-program-rails.js';
import { SharesAndSimulations1760000000031 } from './0031-shares-and-simulations.js';
import { SummaryPostings1760000000032 } from './0032-summary-postings.js';
import { CustomerIndexes1760000000033 } from './0033-customer-indexes.js';
import { BlockReferences1760000000034 } from './0034-block-references.js';
import { LookupsByKey1760000000035 } from './0035-lookups-by-key.js';

/** In the order in which they run. */
export const migrations = [
  Foundation1760000000001,
  ProgramsAndPartners1760000000002,
  AgreementsAndSignatures1760000000003,
  EventsAndCommissions1760000000004,
  Ledger1760000000005,
  Payouts1760000000006,
  Languages1760000000007,
  Intake1760000000008,
  Negotiation1760000000009,
  AgreementLife1760000000010,
  Documents1760000000011,
  Signing1760000000012,
  Messages1760000000013,
  Tracking1760000000014,
  Amendments1760000000015,
  ErasureOfContracts1760000000016,
  RepeatedRequests1760000000017,
  RunningTotals1760000000018,
  Books1760000000019,
  PayoutControls1760000000020,
  Payees1760000000021,
  BankFiles1760000000022,
  Rails1760000000023,
  Holds1760000000024,
  ExchangeRates1760000000025,
  TierReviews1760000000026,
  Attribution1760000000027,
  Withholding1760000000028,
  ReferencesByStatement1760000000029,
  ProgramRails1760000000030,
  SharesAndSimulations1760000000031,
  SummaryPostings1760000000032,
  CustomerIndexes1760000000033,
  BlockReferences1760000000034,
  LookupsByKey1760000000035,
];
