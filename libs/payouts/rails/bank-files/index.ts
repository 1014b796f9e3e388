export { IsoCreditTransferRail, NachaRail, isoRailName, nachaRailName } from './bank-rails.js';
export type { BankFileRow, InstructionRow } from './bank-rows.js';
export { BankFilesService, type BankFile } from './bank-files.service.js';
export { BankReportsService, type BankReportRow, type ReportEntryRow } from './bank-reports.service.js';
export { bankFileStates, instructionStates, type BankFileState, type InstructionState } from './bank-states.js';
export { DestinationOf, type PayoutDestination } from './payout-destination.js';
