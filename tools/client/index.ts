/** The HTTP client of the project's own commands. */
export { companyTokens } from './company-tokens.js';
export { forEachLimited } from './concurrency.js';
export { HttpClient, ServerAway, type ApiRequest, type HttpClientOptions } from './http-client.js';
export { MailBox } from './mail-box.js';
export { PactlineApi, type CompanyTokens } from './pactline-api.js';
export { ApiProblem, type ProblemField } from './problem.js';
export type * from './resources.js';
export { clearSandboxFaults, strikeSandbox } from './sandbox-faults.js';
export { distantSchedule, standardProgram } from './standard-program.js';
export { waitFor, type WaitOptions } from './waiting.js';
export { applicantTokenOf } from './applicant-token.js';
export {
  PartnerWalk,
  type OfferedPartner,
  type PartnerWalkOptions,
  type SentPartner,
  type WalkedPerson,
} from './partner-walk.js';
